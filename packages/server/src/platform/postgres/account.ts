import { readFileSync } from 'node:fs'

/**
 * PostgreSQL refuses to run as root. When we are root it runs as another account, so that a hole in it is not a hole in the machine:
 * `vigie` where the administrator made one, else `nobody`. initdb wants an account that the passwd file knows (tried: a bare number fails).
 */
export interface DatabaseAccount {
  uid: number
  gid: number
}

/** @returns null when we are not root: then PostgreSQL simply runs as ourselves. */
export function databaseAccount(): DatabaseAccount | null {
  if (process.getuid?.() !== 0) return null
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  for (const name of ['vigie', 'nobody']) {
    const found = accounts.find((fields) => fields[0] === name)
    const [, , uid, gid] = found ?? []
    if (uid !== undefined && gid !== undefined && uid !== '0') return { uid: Number(uid), gid: Number(gid) }
  }
  throw new Error('no account to run PostgreSQL as: neither `vigie` nor `nobody` is in /etc/passwd')
}

/** The account's name that this process has towards PostgreSQL's peer authentication. Null where the passwd file does not know our number. */
export function ownAccountName(): string | null {
  const uid = String(process.getuid?.())
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.split(':')[2] === uid)
  return line?.split(':')[0] ?? null
}
