import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { IdentityStore } from '../core/identity.ts'
import { loadProxy, proxyAddress } from '../core/proxy-store.ts'
import type { Context } from './context.ts'
import { loadSettings } from './settings.ts'

/**
 * `configure --interactive`: asks for what the options of the same names would say, and leaves it in `context.values`. An empty line keeps what is; the end of the input
 * keeps all the rest. A password is not shown while it is typed.
 */
export async function askPerson(context: Context): Promise<void> {
  const { t, values, stateFolder } = context
  let isMuted = false
  const output = new Writable({
    write(chunk, _, done) {
      if (!isMuted) process.stderr.write(chunk)
      done()
    },
  })
  const reader = createInterface({ input: process.stdin, output, terminal: process.stdin.isTTY === true })
  // Lines are taken one by one as they come: `question` would lose those that came before it was asked (a script's).
  const lines = reader[Symbol.asyncIterator]()
  const ask = async (label: string, now: string | null, isSecret = false): Promise<string | undefined> => {
    process.stderr.write(`${label}${now === null ? '' : ` [${now}]`}: `)
    isMuted = isSecret && process.stdin.isTTY === true
    const { value, done } = await lines.next()
    if (isMuted) process.stderr.write('\n')
    isMuted = false
    return done || value === undefined || value.trim() === '' ? undefined : isSecret ? value : value.trim()
  }
  const put = (name: string, value: string | undefined) => {
    if (value !== undefined) values[name] = value
  }
  try {
    const settings = await loadSettings(stateFolder)
    const identity = await new IdentityStore(stateFolder).load()
    const proxy = await loadProxy(stateFolder)
    if (identity) put('server', await ask(t('agent.ask.server'), identity.server))
    put('proxy', await ask(t('agent.ask.proxy'), proxy ? proxyAddress({ ...proxy, user: null }) : t('agent.ask.none')))
    if (values.proxy !== 'none' && (proxy !== null || values.proxy !== undefined)) {
      put('proxy-user', await ask(t('agent.ask.proxy-user'), proxy?.user ?? t('agent.ask.none')))
      const password =
        values['proxy-user'] === 'none' || (values['proxy-user'] === undefined && (proxy?.user ?? null) === null)
          ? undefined
          : await ask(t('agent.ask.proxy-password'), proxy?.password ? '****' : null, true)
      if (password !== undefined) context.typedPassword = password
    }
    put('set-language', await ask(t('agent.ask.language'), settings.language ?? context.language))
    put('log-level', await ask(t('agent.ask.log-level'), settings.logLevel))
  } finally {
    reader.close()
  }
}

/** One line that is not shown while it is typed; '' where the input is at its end. */
export async function askSecret(label: string): Promise<string> {
  const isTerminal = process.stdin.isTTY === true
  const reader = createInterface({
    input: process.stdin,
    output: new Writable({ write: (_chunk, _encoding, done) => done() }),
    terminal: isTerminal,
  })
  process.stderr.write(`${label}: `)
  try {
    const { value, done } = await reader[Symbol.asyncIterator]().next()
    return done ? '' : value
  } finally {
    if (isTerminal) process.stderr.write('\n')
    reader.close()
  }
}
