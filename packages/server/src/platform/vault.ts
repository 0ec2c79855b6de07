import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Database, TenantDb } from './db/index.ts'

/** Where a sealed value stands: it opens nowhere else (R39). */
export interface Place {
  table: string
  column: string
  row: string
}
/** `secrets`: kept for use. `audit`: before/after of records; erasure destroys it and what it sealed is gone (R40). */
export type KeyPurpose = 'secrets' | 'audit'

/** Key file → tenant key → AES-256-GCM bound to tenant, table, column, row (R39). */
export interface Vault {
  seal(db: TenantDb, purpose: KeyPurpose, place: Place, plain: string): Promise<Buffer>
  /** @returns null when the key was destroyed (erasure). Throws when the bytes were altered or moved. */
  open(db: TenantDb, purpose: KeyPurpose, place: Place, sealed: Buffer): Promise<string | null>
  /** A secret of the installation: opened, or made by `make` and kept at first use; the same in every process. */
  installationSecret(database: Pick<Database, 'owner'>, name: string, make: () => Buffer | Promise<Buffer>): Promise<Buffer>
}

const encrypt = (key: Buffer, aad: string, plain: Buffer): Buffer => {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(aad))
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}
const decrypt = (key: Buffer, aad: string, sealed: Buffer): Buffer => {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12)).setAAD(Buffer.from(aad)).setAuthTag(sealed.subarray(-16))
  return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()])
}

/** Reads the key file, or makes it (0600) at first start. Losing it loses every sealed value: it belongs in the backup, apart from the database. */
export async function readKeyFile(path: string): Promise<Buffer> {
  if (!existsSync(path)) {
    await mkdir(dirname(path), { recursive: true })
    const file = await open(path, 'wx', 0o600)
    await file.writeFile(randomBytes(32).toString('base64') + '\n')
    await file.sync()
    await file.close()
  }
  const key = Buffer.from((await readFile(path, 'utf8')).trim(), 'base64')
  if (key.length !== 32) throw new Error('it does not hold 32 bytes in base64')
  return key
}

export function createVault(keyFile: Buffer): Vault {
  const master = Buffer.from(hkdfSync('sha256', keyFile, '', 'vigie vault 1', 32))
  const tenantKeys = new Map<string, Buffer>()

  async function tenantKey(db: TenantDb, purpose: KeyPurpose, isMade: boolean): Promise<Buffer | null> {
    const name = `${db.tenant.partnerId} ${purpose}`
    const aad = `tenant_key ${name}`
    const read = async () => (await db.query<{ sealed: Buffer }>('select sealed from tenant_key where purpose = $1', [purpose])).rows[0]
    let row = await read()
    if (row === undefined) {
      tenantKeys.delete(name)
      if (!isMade) return null
      await db.query('insert into tenant_key (partner_id, purpose, sealed) values ($1, $2, $3) on conflict do nothing', [
        db.tenant.partnerId,
        purpose,
        encrypt(master, aad, randomBytes(32)),
      ])
      row = (await read())!
    }
    const cached = tenantKeys.get(name)
    if (cached) return cached
    const key = decrypt(master, aad, row.sealed)
    // kept only once the row is surely there for others too
    db.afterCommit(() => tenantKeys.set(name, key))
    return key
  }
  const aadOf = (db: TenantDb, { table, column, row }: Place) => `${db.tenant.partnerId} ${table} ${column} ${row}`

  return {
    async seal(db, purpose, place, plain) {
      return encrypt((await tenantKey(db, purpose, true))!, aadOf(db, place), Buffer.from(plain))
    },
    async open(db, purpose, place, sealed) {
      const key = await tenantKey(db, purpose, false)
      return key === null ? null : decrypt(key, aadOf(db, place), sealed).toString()
    },
    async installationSecret(database, name, make) {
      const read = async () =>
        (await database.owner.query<{ value: Buffer }>('select value from installation_secret where name = $1', [name])).rows[0]
      let row = await read()
      if (row === undefined) {
        const sealed = encrypt(master, `installation ${name}`, await make())
        await database.owner.query('insert into installation_secret (name, value) values ($1, $2) on conflict do nothing', [name, sealed])
        row = (await read())!
      }
      return decrypt(master, `installation ${name}`, row.value)
    },
  }
}
