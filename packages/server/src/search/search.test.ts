import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { SearchHit, SearchKind } from '@vigie/domain/search'
import { aSite } from '../identity/testing/site.ts'
import { newId, type Actor } from '../platform/index.ts'
import { aCustomer, anActor, aPartner, aProduct } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'

let server: TestServer
beforeAll(async () => void (server = await testServer()))
afterAll(() => server.close())

let partnerId: string
let owner: Actor
beforeEach(async () => {
  partnerId = await aPartner(server.database)
  owner = await anActor(server.database, partnerId)
})

const sql = async (text: string, values: unknown[] = []) => (await server.database.owner.query(text, values)).rows
const hits = async (q: string, actor = owner, more = ''): Promise<SearchHit[]> => {
  const { status, body } = await server.as(actor)('GET', `/v1/search?q=${encodeURIComponent(q)}${more}`)
  expect(status, JSON.stringify(body)).toBe(200)
  return body.groups.flatMap(({ rows }: { rows: SearchHit[] }) => rows)
}
const nameOf = (hit: SearchHit) => ('name' in hit ? hit.name : hit.id)
/** What is found, as `kind name`. */
const names = async (q: string, actor = owner) => (await hits(q, actor)).map((hit) => `${hit.kind} ${nameOf(hit)}`)

async function anEndpoint(productId: string, name: string, more: { addresses?: string[]; platform?: string } = {}): Promise<string> {
  const id = newId()
  await sql(
    `insert into endpoint (partner_id, id, customer_id, product_id, key, name, "group", addresses, platform) select partner_id, $2, customer_id, id, $3, $4, 'servers', $5, $6 from product where id = $1`,
    [productId, id, `${name}${id}`, name, more.addresses ?? [], more.platform ?? ''],
  )
  return id
}
async function anEvent(productId: string, more: { category?: string; state?: string; condition?: string } = {}): Promise<string> {
  const id = newId()
  await sql(
    `insert into event (partner_id, id, customer_id, product_id, category, condition, severity, severity_rank, state, opened_at, last_raised_at)
     select partner_id, $2, customer_id, id, $3, $4, 'warning', 1, $5, now(), now() from product where id = $1`,
    [productId, id, more.category ?? 'antivirus', more.condition ?? 'uncleaned', more.state ?? 'unresolved'],
  )
  return id
}
const anInfection = (endpointId: string, threat: string, closedAt: Date | null = null) =>
  sql(
    `insert into infection (partner_id, id, customer_id, product_id, endpoint_id, category, threat, object, object_hash, opened_at, closed_at)
   select partner_id, gen_random_uuid(), customer_id, product_id, id, 'antivirus', $2, '/x', $3, now(), $4 from endpoint where id = $1`,
    [endpointId, threat, randomBytes(32), closedAt],
  )

describe('what is found (issue 4, point 8)', () => {
  it('each word anywhere, whatever its case, accents and width; what begins with it comes first', async () => {
    for (const company of ['Nouvelle Étude Martin', 'ETUDE Dupont', 'Garage Étudiant', 'Martin'])
      await aCustomer(server.database, partnerId, { company })
    expect(await names('étude')).toEqual(['customer ETUDE Dupont', 'customer Nouvelle Étude Martin'])
    expect(await names('ｅｔｕｄ')).toEqual(['customer ETUDE Dupont', 'customer Garage Étudiant', 'customer Nouvelle Étude Martin'])
    expect(await names('martin etude')).toEqual(['customer Nouvelle Étude Martin'])
    expect(await names('etude %')).toEqual([])
  })

  it('words of Japanese, which has no blanks, half width or full', async () => {
    await aCustomer(server.database, partnerId, { company: '株式会社ガラス商店' })
    for (const q of ['商店', 'ｶﾞﾗｽ', '会社　商店']) expect(await names(q), q).toEqual(['customer 株式会社ガラス商店'])
  })

  it('a customer by its account id and by a person there, and says by whom', async () => {
    const customerId = await aCustomer(server.database, partnerId, { company: 'Boulangerie' })
    await sql(
      `insert into contact (partner_id, id, customer_id, first_name, last_name, email, locale) values ($1, gen_random_uuid(), $2, 'Zoé', 'Petit', 'zoe@example.com', 'fr')`,
      [partnerId, customerId],
    )
    expect(await hits('zoe boul')).toMatchObject([{ kind: 'customer', id: customerId, contact: 'Zoé Petit' }])
    expect(await hits(`acc-${customerId.slice(-12)}`)).toMatchObject([{ kind: 'customer', id: customerId, contact: null }])
  })

  it('a product by its words, with its customer’s, and by its GUID as typed', async () => {
    const customerId = await aCustomer(server.database, partnerId, { company: 'Pharmacie' })
    const productId = await aProduct(server.database, partnerId, customerId, { description: 'Site de Lyon' })
    const [{ guid }] = (await sql('select guid from product where id = $1', [productId])) as [{ guid: string }]
    for (const q of ['lyon', 'pharm lyon', guid, `{${guid.toUpperCase()}}`, guid.replaceAll('-', ''), guid.slice(0, 13)]) {
      expect(await hits(q), q).toMatchObject([{ kind: 'product', id: productId, customerName: 'Pharmacie' }])
    }
    // what the customer alone is called is the customer
    expect(await names('pharmacie')).toEqual(['customer Pharmacie'])
  })

  it('an endpoint by name, address, and together with its customer; never by the customer alone', async () => {
    const customerId = await aCustomer(server.database, partnerId, { company: 'Garage Durand' })
    const productId = await aProduct(server.database, partnerId, customerId, { description: 'Main' })
    const id = await anEndpoint(productId, 'Accueil-PC', { addresses: ['10.20.30.40', 'fe80::7'], platform: 'Windows 11' })
    await anEndpoint(productId, 'atelier')
    for (const q of ['accueil', 'accueil-pc', 'garage accueil', 'pc durand', 'windows'])
      expect(await hits(q), q).toMatchObject([{ kind: 'endpoint', id, address: null, formerName: null, customerName: 'Garage Durand' }])
    for (const q of ['10.20.30', '10.20.30.40', 'fe80::'])
      expect(await hits(q), q).toMatchObject([{ kind: 'endpoint', id, address: q.startsWith('10') ? '10.20.30.40' : 'fe80::7' }])
    expect(await names('0.30.40')).toEqual([])
    expect(await names('durand')).toEqual(['customer Garage Durand'])
    expect(await hits(id)).toMatchObject([{ kind: 'endpoint', id }])
  })

  it('an endpoint by the names it had: renamed, and merged until that is taken back', async () => {
    const productId = await aProduct(server.database, partnerId, await aCustomer(server.database, partnerId), { description: 'Main' })
    const id = await anEndpoint(productId, 'oldest')
    for (const name of ['older', 'Older', 'newest']) await sql('update endpoint set name = $2 where id = $1', [id, name])
    for (const q of ['oldest', 'older'])
      expect(await hits(q)).toMatchObject([{ id, name: 'newest', formerName: q === 'older' ? 'Older' : 'oldest' }])
    const other = await anEndpoint(productId, 'twin')
    await sql('update endpoint set name = $2 where id = $1', [other, 'second'])
    const mergeId = newId()
    await sql(
      `insert into endpoint_merge (partner_id, id, customer_id, endpoint_id, endpoint_name, merged_id, merged_name, product_id, key, snapshot, merged_at, merged_by)
       select partner_id, $2, customer_id, $1, 'newest', id, name, product_id, key, '{}', now(), 'x' from endpoint where id = $3`,
      [id, mergeId, other],
    )
    await sql('delete from endpoint where id = $1', [other])
    for (const q of ['second', 'twin']) expect(await hits(q)).toMatchObject([{ id, formerName: q }])
    await sql('update endpoint_merge set undone_at = now() where id = $1', [mergeId])
    expect(await hits('second')).toEqual([])
  })

  it('an open event by category in the asker’s language, by threat that is still there, by customer and product', async () => {
    const customerId = await aCustomer(server.database, partnerId, { company: 'Librairie' })
    const productId = await aProduct(server.database, partnerId, customerId, { description: 'Caisse' })
    const [virus, offline] = [await anEvent(productId), await anEvent(productId, { category: 'agent-offline', condition: 'offline' })]
    await anEvent(productId, { state: 'resolved', condition: 'many-incidents' })
    const endpointId = await anEndpoint(productId, 'till')
    await anInfection(endpointId, 'Win.Test.EICAR_HDB-1')
    await anInfection(endpointId, 'Gone.Emotet', new Date())
    const events = async (q: string, actor = owner) => (await hits(q, actor)).filter(({ kind }) => kind === 'event')
    expect(await events('eicar')).toMatchObject([
      { id: virus, threat: 'Win.Test.EICAR_HDB-1', productName: 'Caisse', customerName: 'Librairie' },
    ])
    expect(await events('emotet')).toEqual([])
    expect((await events('librairie')).map(({ id }) => id).toSorted()).toEqual([virus, offline].toSorted())
    expect(await events('offline caisse')).toMatchObject([{ id: offline }])
    expect(await events('hors ligne', { ...(await anActor(server.database, partnerId)), locale: 'fr' })).toMatchObject([{ id: offline }])
    expect(await events(virus)).toMatchObject([{ id: virus }])
  })

  it('accounts by name and mail address', async () => {
    await sql(`update account set first_name = 'Chloé', last_name = 'Roux', email = 'c.roux@example.org' where id = $1`, [owner.accountId])
    for (const q of ['chloe', 'roux chl', 'c.roux@'])
      expect(await hits(q), q).toMatchObject([{ kind: 'account', id: owner.accountId, name: 'Chloé Roux' }])
  })
})

describe('page by page', () => {
  it.each([
    ['customer', 'zz'],
    ['product', 'zz'],
    ['endpoint', 'zz'],
    ['endpoint', 'zz cust'],
    ['event', 'cust'],
  ] as const)('%s, sought by %s: every one once, in one order', async (kind: SearchKind, q) => {
    const customerId = await aCustomer(server.database, partnerId, { company: 'cust zz' })
    const productId = await aProduct(server.database, partnerId, customerId, { description: 'zz' })
    const made: string[] = []
    for (let n = 0; n < 7; n++) {
      const name = n % 2 ? `zz-${n}` : `pc-zz-${n}`
      if (kind === 'customer') made.push(await aCustomer(server.database, partnerId, { company: name }))
      if (kind === 'product') made.push(await aProduct(server.database, partnerId, customerId, { description: name }))
      if (kind === 'endpoint') made.push(await anEndpoint(productId, name))
      if (kind === 'event') made.push(await anEvent(productId, { condition: name }))
    }
    if (kind === 'customer') made.push(customerId)
    if (kind === 'product') made.push(productId)
    const all = (await server.as(owner)('GET', `/v1/search/${kind}?q=${encodeURIComponent(q)}`)).body.rows as SearchHit[]
    expect(all.map(({ id }) => id).toSorted()).toEqual(made.toSorted())
    if (kind !== 'event' && q === 'zz') expect(nameOf(all[0]!)).toMatch(/^zz/)
    for (const limit of [1, 2, 3, 4]) {
      const seen: SearchHit[] = []
      let cursor: string | null = null
      do {
        const { status, body } = await server.as(owner)(
          'GET',
          `/v1/search/${kind}?q=${encodeURIComponent(q)}&limit=${limit}${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
        )
        expect(status, JSON.stringify(body)).toBe(200)
        seen.push(...body.rows)
        cursor = body.nextCursor
      } while (cursor !== null)
      expect(seen, `pages of ${limit}`).toEqual(all)
    }
    expect((await server.as(owner)('GET', `/v1/search/${kind}?q=${encodeURIComponent(q)}&cursor=bm9uc2Vuc2U`)).status).toBe(400)
  })

  it('the first few of each kind, and whether there are more', async () => {
    for (let n = 0; n < 4; n++) await aCustomer(server.database, partnerId, { company: `Boucherie ${n}` })
    const { body } = await server.as(owner)('GET', '/v1/search?q=boucherie&limit=3')
    expect(body.groups).toMatchObject([
      { kind: 'customer', isMore: true, rows: [{ name: 'Boucherie 0' }, { name: 'Boucherie 1' }, { name: 'Boucherie 2' }] },
    ])
    expect((await server.as(owner)('GET', '/v1/search?q=boucherie&kinds=product,event')).body.groups).toEqual([])
  })
})

describe('threats that were dealt with (decision 31)', () => {
  it('are found by name, with or without their customer’s, from ingest on: a row a product, between its first and last day; the newest first, page by page; and the way leads to the records', async () => {
    const site = await aSite(server)
    const { as } = site
    const [one, , two] = site.agents
    const day = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString()
    await one!.detect({ threat: 'Win.Trojan.Séance-7', outcome: 'quarantined', at: day(20) })
    await one!.detect({ threat: 'Win.Trojan.Séance-7', outcome: 'deleted', at: day(3) })
    await one!.detect({ threat: 'Other', at: day(3) })
    await two!.detect({ threat: 'Win.Trojan.Séance-7', at: day(1) })
    const threats = async (q: string) => {
      const { body } = await as('GET', `/v1/search?q=${encodeURIComponent(q)}&kinds=threat`)
      return (body.groups[0]?.rows ?? []).map((hit: Record<string, string>) => [
        hit['name'],
        hit['productName'],
        hit['customerName'],
        hit['firstOn'],
        hit['lastOn'],
      ])
    }
    const [atTwo, atOne] = [
      ['Win.Trojan.Séance-7', 'Two', 'First', day(1).slice(0, 10), day(1).slice(0, 10)],
      ['Win.Trojan.Séance-7', 'One', 'First', day(20).slice(0, 10), day(3).slice(0, 10)],
    ]
    expect(await threats('seance')).toEqual([atTwo, atOne])
    expect(await threats('TROJAN first')).toEqual([atTwo, atOne])
    for (const q of ['first', 'trojan second', 'seance-8']) expect(await threats(q), q).toEqual([])
    const first = (await as('GET', '/v1/search/threat?q=seance&limit=1')).body
    const second = (await as('GET', `/v1/search/threat?q=seance&limit=1&cursor=${first.nextCursor}`)).body
    expect([first.rows[0].productName, second.rows[0].productName, second.nextCursor]).toEqual(['Two', 'One', null])
    const { body } = await as('GET', `/v1/detections?productId=${one!.productId}&threat=${encodeURIComponent('Win.Trojan.Séance-7')}`)
    expect(body.rows.map((row: { outcome: string }) => row.outcome)).toEqual(['deleted', 'quarantined'])
    expect((await as('GET', `/v1/names?of=threat:${first.rows[0].id}`)).body.rows).toEqual([first.rows[0]])
  })

  it('are written once a day at most, however often they are found', async () => {
    const {
      agents: [agent],
      partnerId: own,
    } = await aSite(server)
    const written = () => sql('select threat, xmin::text, ctid::text from threat_seen where partner_id = $1', [own])
    await agent!.detect({ threat: 'Same' })
    const before = await written()
    for (let n = 0; n < 3; n++) await agent!.detect({ threat: 'Same' })
    expect(await written()).toEqual(before)
    // and once only where the same is told late
    await agent!.detect({ threat: 'Same', at: new Date(Date.now() - 40 * 86_400_000).toISOString() })
    expect(await sql('select (last_on - first_on) as days from threat_seen where partner_id = $1', [own])).toEqual([{ days: 40 }])
  })
})

describe('who finds what (ACC-1, ACC-2, ACC-14, R2)', () => {
  async function limited(customerIds: string[], role: Actor['role'] = 'technician'): Promise<Actor> {
    const actor = await anActor(server.database, partnerId, { role, isScopeLimited: true })
    for (const [n, id] of customerIds.entries())
      await sql(
        `insert into scope_line (partner_id, id, account_id, position, effect, target, customer_id) values ($1, gen_random_uuid(), $2, $3, 'allow', 'customer', $4)`,
        [partnerId, actor.accountId, n, id],
      )
    return actor
  }
  async function aWholeCustomer(mark: string) {
    const customerId = await aCustomer(server.database, partnerId, { company: `Company ${mark}` })
    const productId = await aProduct(server.database, partnerId, customerId, { description: `Product ${mark}` })
    const endpointId = await anEndpoint(productId, `pc-${mark}`, { addresses: ['10.77.0.1'] })
    const eventId = await anEvent(productId)
    await anInfection(endpointId, `Threat.${mark}`)
    const [{ id: threatId }] = (await sql(
      `insert into threat_seen (partner_id, customer_id, product_id, threat, first_on, last_on) values ($1, $2, $3, $4, '2026-11-01', '2026-11-20') returning id`,
      [partnerId, customerId, productId, `Gone.${mark}`],
    )) as [{ id: string }]
    return { customerId, productId, endpointId, eventId, threatId }
  }

  it('a limited account finds nothing of others, by no word, id or name asked for, and pages tell no more', async () => {
    const [mine, others] = [await aWholeCustomer('common mine'), await aWholeCustomer('common theirs')]
    const actor = await limited([mine.customerId])
    const foreign = Object.values(others)
    for (const q of ['common', 'company', 'pc-common', '10.77', 'antivirus', 'threat', 'gone', 'product common', 'theirs', ...foreign]) {
      const found = await hits(q, actor)
      expect(
        found.map(({ id }) => id).filter((id) => foreign.includes(id)),
        q,
      ).toEqual([])
      expect(JSON.stringify(found), q).not.toContain('theirs')
      for (const kind of ['customer', 'product', 'endpoint', 'event', 'threat']) {
        const { body } = await server.as(actor)('GET', `/v1/search/${kind}?q=${encodeURIComponent(q)}&limit=1`)
        expect([body.rows.length <= 1, body.nextCursor], `${kind} ${q}`).toEqual([true, null])
      }
    }
    const refs = (of: typeof mine) =>
      `customer:${of.customerId},product:${of.productId},endpoint:${of.endpointId},event:${of.eventId},threat:${of.threatId}`
    expect((await server.as(actor)('GET', `/v1/names?of=${refs(others)},${refs(mine)}`)).body.rows.map(({ id }: SearchHit) => id)).toEqual(
      Object.values(mine),
    )
    expect((await hits('common theirs')).map(({ kind }) => kind)).toEqual(['customer', 'product', 'endpoint', 'event', 'threat'])
  })

  it('another business finds nothing', async () => {
    const { productId } = await aWholeCustomer('treasure')
    const [{ guid }] = (await sql('select guid from product where id = $1', [productId])) as [{ guid: string }]
    const stranger = await anActor(server.database, await aPartner(server.database))
    for (const q of ['treasure', guid, productId]) expect(await hits(q, stranger), q).toEqual([])
  })

  it('kinds that a role may not read are left out', async () => {
    await aWholeCustomer('shop')
    await sql(`update account set first_name = 'Shop' where id = $1`, [owner.accountId])
    const kinds = async (role: Actor['role']) =>
      (await hits('shop', await anActor(server.database, partnerId, { role }))).map(({ kind }) => kind)
    expect(await kinds('owner')).toEqual(['customer', 'product', 'endpoint', 'event', 'threat', 'account'])
    expect(await kinds('billing')).toEqual(['customer', 'product', 'endpoint'])
    expect(await kinds('technician')).toEqual(['customer', 'product', 'endpoint', 'event', 'threat'])
    expect(
      (await server.as(await anActor(server.database, partnerId, { role: 'technician' }))('GET', '/v1/search/account?q=shop')).body,
    ).toEqual({ rows: [], nextCursor: null })
  })

  it('who withdrew that his endpoints and detections are seen is not found by them (ACC-12)', async () => {
    const { customerId, endpointId, eventId, threatId } = await aWholeCustomer('private')
    for (const activity of ['view-endpoints', 'view-detections']) {
      expect(
        (
          await server.as(owner)('POST', `/v1/customers/${customerId}/consent`, {
            activities: [activity],
            decision: 'withdrawn',
            saidBy: 'Camille',
            saidOn: '2026-11-20',
            reference: '',
            document: null,
          })
        ).status,
      ).toBe(200)
    }
    expect((await hits('pc-private')).map(({ kind }) => kind)).toEqual([])
    expect([...(await hits('threat.private')), ...(await hits('gone.private'))]).toEqual([])
    expect((await hits('company private')).map(({ kind }) => kind)).toEqual(['customer', 'product', 'event'])
    expect(
      (await server.as(owner)('GET', `/v1/names?of=endpoint:${endpointId},event:${eventId},threat:${threatId}`)).body.rows.map(
        ({ kind }: SearchHit) => kind,
      ),
    ).toEqual(['event'])
  })
})

describe('names of what was opened last', () => {
  it('in the order asked, as they are called now, and none of what is gone', async () => {
    const [a, b] = [
      await aCustomer(server.database, partnerId, { company: 'A' }),
      await aCustomer(server.database, partnerId, { company: 'B' }),
    ]
    const call = server.as(owner)
    await sql(`update customer set company = 'Renamed' where id = $1`, [a])
    const { body } = await call('GET', `/v1/names?of=customer:${b},customer:${newId()},customer:${a},account:${owner.accountId}`)
    expect(body.rows.map(nameOf)).toEqual(['B', 'Renamed', 'Ada Test'])
    expect((await call('GET', '/v1/names?of=secret:x')).status).toBe(400)
  })
})
