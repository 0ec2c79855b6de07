import { defineRoute } from '@vigie/domain/kernel'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, it } from 'vitest'
import * as z from 'zod'
import type { TenantDb } from '../db/index.ts'
import { anActor, aPartner } from '../testing/database.ts'
import { testServer, type TestServer } from '../testing/server.ts'
import { createHttp, handle, handleInSteps } from './index.ts'

const route = (id: string, more: { unaudited?: true } = {}) =>
  defineRoute({
    id: `test.${id}`,
    method: 'POST',
    path: `/v1/test/${id}`,
    permission: 'signed-in',
    body: z.strictObject({}),
    reply: z.null(),
    problems: [],
    ...more,
  })

let server: TestServer
let http: FastifyInstance
beforeAll(async () => {
  server = await testServer()
  const actor = await anActor(server.database, await aPartner(server.database))
  const rename = async (db: TenantDb, name: string) => {
    await db.query('update partner set name = $1', [name])
    return null
  }
  http = await createHttp({
    services: { ...server.services, actorOf: async () => actor },
    consoleFolder: null,
    trustedProxies: [],
    onRefusal: async () => {},
    isReady: async () => true,
    handlers: [
      handle(route('silent'), ({ db }) => rename(db, 'silent')),
      handleInSteps(route('silent-step'), ({ change }) => change((db) => rename(db, 'silent-step'))),
      handle(route('said'), ({ db }) => {
        db.markAudited()
        return rename(db, 'said')
      }),
      handle(route('by-design', { unaudited: true }), ({ db }) => rename(db, 'by-design')),
    ],
  })
})
afterAll(async () => {
  await http.close()
  await server.close()
})

it.each([
  ['silent', 500, false],
  ['silent-step', 500, false],
  ['said', 200, true],
  ['by-design', 200, true],
])('a change of which no record is left does not happen, unless its route says why: %s (R40, ACC-11)', async (id, status, isKept) => {
  const answer = await http.inject({ method: 'POST', url: `/api/v1/test/${id}`, payload: {} })
  expect(answer.statusCode).toBe(status)
  const { rowCount } = await server.database.owner.query('select from partner where name = $1', [id])
  expect(rowCount === 1).toBe(isKept)
})
