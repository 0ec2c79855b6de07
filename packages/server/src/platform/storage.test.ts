import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { readConfig } from './config.ts'
import { createLog } from './log.ts'
import { openStorage } from './storage.ts'

it('the app’s connections to the embedded database can’t become the owner, whatever is run on them (R4)', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'vigie-storage-'))
  const storage = await openStorage(readConfig(['--data', path.join(folder, 'data')], {}), createLog('silent'))
  try {
    const partnerId = '01900000-0000-7000-8000-000000000000'
    await storage.database.transaction({ partnerId, scope: 'all', principalId: null }, async (db) => {
      await db.query('reset role')
      const { rows } = await db.query(
        'select current_user as role, session_user as login, (select rolsuper from pg_roles where rolname = current_user) as is_super',
      )
      expect(rows).toEqual([{ role: 'vigie_app', login: 'vigie_app', is_super: false }])
    })
    await expect(storage.database.lookup('set role vigie')).rejects.toThrow(/permission denied/)
    await expect(storage.database.lookup('select * from installation_secret')).rejects.toThrow(/permission denied/)
  } finally {
    await storage.close()
    rmSync(folder, { recursive: true, force: true })
  }
}, 90_000) // a database of its own is made, which takes its time beside three other workers
