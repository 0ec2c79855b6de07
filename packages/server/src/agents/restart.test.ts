import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { createDatabase, createPool, migrate } from '../platform/index.ts'
import { databaseAccount } from '../platform/postgres/account.ts'
import { findBinaries } from '../platform/postgres/binaries.ts'
import { makeCluster, makeSocketFolder, removeSocketFolder, socketUrl, startPostmaster, type Place } from '../platform/postgres/cluster.ts'
import { besiege, expectAllThereOnce, ServerProcesses } from './testing/kills.ts'

it('the database is killed and started again under load, 6 times: the server stays, nothing lost, nothing doubled (R22, R43)', async () => {
  const account = databaseAccount()
  const binaries = findBinaries(account)
  const folder = mkdtempSync(path.join(tmpdir(), 'vigie-restart-'))
  const place: Place = { folder: path.join(folder, 'data'), binaries, account }
  const socketFolder = makeSocketFolder(account)
  const start = () =>
    startPostmaster(
      place,
      socketFolder,
      { fsync: 'off', synchronous_commit: 'on', shared_buffers: '32MB', max_connections: '60' },
      () => {},
    )
  let closing = async () => {}
  let postmaster
  try {
    await makeCluster(place, { auth: 'trust', isDurable: false })
    postmaster = await start()
    const url = socketUrl(socketFolder, 'postgres')
    const owner = createPool({ url, max: 2, role: null, onIdleError: () => {} })
    const database = createDatabase(createPool({ url, max: 2, role: 'vigie_app', onIdleError: () => {} }), owner)
    closing = () => database.close()
    await migrate(owner)
    const servers = new ServerProcesses(url)
    await servers.start()
    const [{ child }] = servers.running as [(typeof servers.running)[0]]
    const siege = await besiege(database, servers, { size: 8, everyMs: 30, items: 5 })
    for (let restarts = 0; restarts < 6; restarts++) {
      await new Promise((resolve) => setTimeout(resolve, 200 + Math.random() * 600))
      postmaster.process.kill('SIGQUIT') // at once, as after a power cut: it recovers at the next start
      await postmaster.gone
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 500))
      postmaster = await start()
    }
    await siege.settle()
    expect([child.exitCode, servers.running.length]).toEqual([null, 1])
    await expectAllThereOnce(database, siege)
    await servers.stop()
  } finally {
    await closing().catch(() => {})
    postmaster?.process.kill('SIGQUIT')
    await postmaster?.gone
    removeSocketFolder(socketFolder)
    rmSync(folder, { recursive: true, force: true })
  }
}, 180_000)
