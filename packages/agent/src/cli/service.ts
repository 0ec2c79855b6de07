import { constants } from 'node:fs'
import { access, rm, writeFile } from 'node:fs/promises'
import { isSea } from 'node:sea'
import { realpath } from 'node:fs/promises'
import { dirname } from 'node:path'
import { readText } from '../core/files.ts'
import { runProgram } from '../core/programs.ts'
import { defaultStateFolder } from './context.ts'
import { serviceArguments, serviceFacts } from './service-facts.ts'

const name = `${serviceFacts.name}.service`
const unitPath = `/etc/systemd/system/${name}`
/** Where a package of the distribution's kind (.deb) put the unit: that one is the package's, we neither write nor remove it. */
const packagedUnitPath = `/lib/systemd/system/${name}`

export const hasSystemd = (): Promise<boolean> =>
  access('/run/systemd/system', constants.F_OK).then(
    () => true,
    () => false,
  )
const isThere = (path: string): Promise<boolean> =>
  access(path, constants.F_OK).then(
    () => true,
    () => false,
  )
/** By a package: the package manager removes program and unit. */
export const isPackaged = (): Promise<boolean> => isThere(packagedUnitPath)
export const isInstalled = async (): Promise<boolean> => (await isThere(unitPath)) || (await isPackaged())

/** How this very program is started again: the one file, or Node with the script. */
export async function ownCommand(): Promise<string[]> {
  const script = process.argv[1]
  return isSea() || !script ? [process.execPath] : [process.execPath, '--max-semi-space-size=1', await realpath(script)]
}

/**
 * The unit. It must read every file to scan it and move infected ones away, so the file system is not closed to it; all else that it does not need is.
 * clamonacc, which it may run, needs fanotify (CAP_SYS_ADMIN); freshclam gives up its rights by itself (setuid).
 */
export function unitText(command: readonly string[], stateFolder: string): string {
  const exec = [...command, ...serviceArguments(stateFolder)].map(quote).join(' ')
  return `[Unit]
Description=${serviceFacts.description}
Wants=network-online.target
After=network-online.target clamav-daemon.service

[Service]
Type=exec
ExecStart=${exec}
Restart=always
RestartSec=${serviceFacts.restartSeconds}
RestartPreventExitStatus=${serviceFacts.endsForGood.join(' ')}
KillMode=mixed
TimeoutStopSec=${serviceFacts.stopSeconds}
UMask=0077
OOMScoreAdjust=-100
LimitNOFILE=8192
NoNewPrivileges=yes
CapabilityBoundingSet=CAP_SYS_ADMIN CAP_NET_ADMIN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_CHOWN CAP_FSETID CAP_SETUID CAP_SETGID CAP_KILL CAP_SYS_PTRACE
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
PrivateTmp=no
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
KeyringMode=private

[Install]
WantedBy=multi-user.target
`
}

/** Writes the unit and (re)starts it. @returns what systemctl complained of; null: nothing. */
export async function installService(stateFolder: string): Promise<string | null> {
  // A unit in /etc hides the package's: written only where it has to say something else.
  if (!(await isPackaged()) || stateFolder !== defaultStateFolder)
    await writeFile(unitPath, unitText(await ownCommand(), stateFolder), { mode: 0o644 })
  return (await systemctl('daemon-reload')) ?? (await systemctl('enable', name)) ?? (await systemctl('restart', name))
}

/** What it starts is an agent on this state folder. */
export async function isServiceOf(stateFolder: string): Promise<boolean> {
  const unit = (await readText(unitPath)) ?? (await readText(packagedUnitPath))
  return unit?.includes(serviceArguments(stateFolder).map(quote).join(' ')) ?? false
}
/** Whether a process of ours may take it away. */
export const isServiceRemovable = async (): Promise<boolean> =>
  !(await isThere(unitPath)) ||
  (await access(dirname(unitPath), constants.W_OK).then(
    () => true,
    () => false,
  ))

/** Stops it for good. Nothing if it is not installed. @param isOwn said by the process that runs as the service: it is not started again, and ends by itself */
export async function removeService(isOwn = false): Promise<void> {
  if (!(await isInstalled())) return
  await systemctl('disable', ...(isOwn ? [] : ['--now']), name)
  await rm(unitPath, { force: true })
  await systemctl('daemon-reload')
}

export const stopService = (): Promise<string | null> => systemctl('stop', name)
/** @param isForGood at every boot from now on too */
export const startService = async (isForGood = false): Promise<string | null> =>
  (isForGood ? await systemctl('enable', name) : null) ?? (await systemctl('start', name))
export const restartService = (): Promise<string | null> => systemctl('restart', name)

export const isServiceActive = async (): Promise<boolean> => (await systemctl('is-active', '--quiet', name)) === null

async function systemctl(...args: string[]): Promise<string | null> {
  const { exitCode, output } = await runProgram('systemctl', args, { timeoutMs: 60_000 })
  return exitCode === 0 ? null : output.trim().slice(0, 500) || `systemctl ${args[0]}: ${exitCode}`
}

/** systemd.service(5): what is in quotes is one word; `%` and `$` mean something. */
const quote = (word: string): string =>
  /^[\w./:@+-]+$/.test(word) ? word : `"${word.replaceAll(/["\\]/g, '\\$&').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`
