import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { privateFolder, readJson, readText, writeAtomically } from './files.ts'
import { ProxySettings, type Proxy } from './proxy.ts'

const settingsPath = (stateFolder: string) => join(stateFolder, 'proxy.json')
/** The password by itself, for its owner only (R13): what shows, copies or bundles settings never comes near it. */
const secretPath = (stateFolder: string) => join(stateFolder, 'proxy-secret')

/** Null: none, the way is direct. @throws when the file is there but is not what it should be */
export async function loadProxy(stateFolder: string): Promise<Proxy | null> {
  const settings = await readJson(settingsPath(stateFolder), ProxySettings)
  return settings && { ...settings, password: settings.user === null ? '' : ((await readText(secretPath(stateFolder))) ?? '') }
}

/** Null forgets it. The secret is written first: a death in between leaves the former proxy with a password that may be wrong, never one without. */
export async function saveProxy(stateFolder: string, proxy: Proxy | null): Promise<void> {
  await privateFolder(stateFolder)
  if (proxy === null || proxy.user === null) {
    if (proxy === null) await rm(settingsPath(stateFolder), { force: true })
    else await write(stateFolder, proxy)
    return rm(secretPath(stateFolder), { force: true })
  }
  await writeAtomically(secretPath(stateFolder), proxy.password)
  await write(stateFolder, proxy)
}

function write(stateFolder: string, { password: _, ...settings }: Proxy): Promise<void> {
  return writeAtomically(settingsPath(stateFolder), `${JSON.stringify(ProxySettings.parse(settings), null, 2)}\n`)
}

/** `http://host:3128`, `socks5://user@host:1080`; null for what is neither. A password in the address is taken, though `--proxy-password-file` keeps it out of the shell's history. */
export function parseProxy(address: string): Proxy | null {
  const url = URL.parse(address.includes('://') ? address : `http://${address}`)
  const protocol = url?.protocol === 'http:' ? 'http' : url?.protocol === 'socks5:' || url?.protocol === 'socks5h:' ? 'socks5' : null
  if (!url || protocol === null || url.hostname === '' || !['', '/'].includes(url.pathname) || url.search !== '') return null
  const settings = ProxySettings.safeParse({
    protocol,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || (protocol === 'http' ? 80 : 1080)),
    user: decoded(url.username) || null,
  })
  return settings.success ? { ...settings.data, password: decoded(url.password) } : null
}

export const proxyAddress = ({ protocol, host, port, user }: ProxySettings): string =>
  `${protocol}://${user === null ? '' : `${encodeURIComponent(user)}@`}${host.includes(':') ? `[${host}]` : host}:${port}`

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
