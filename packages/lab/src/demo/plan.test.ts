import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { customersApi } from '@vigie/domain/customers'
import { categoryOfKind, figureKinds, topOfGateways } from '@vigie/domain/figures'
import { families, ProductDescription } from '@vigie/domain/products'
import { productTypeById } from '@vigie/connectors/products'
import { describe, expect, it, onTestFinished } from 'vitest'
import { estateOf } from './estate.ts'
import { readFolder } from './folder.ts'
import { licencesOf, saidAt } from './licences.ts'
import { planOf } from './plan.ts'

const now = new Date('2026-11-21T15:00:00Z')
const planned = (seed: number, customers?: number) => planOf({ seed, now, days: 90, ...(customers === undefined ? {} : { customers }) })

const whole = planned(1)

describe('the estate of the demo (OPS-1)', () => {
  const customers = estateOf()
  const products = customers.flatMap((customer) => customer.products)
  const machines = products.flatMap((product) => product.machines)

  it('has some forty customers with products of every family', () => {
    expect(customers).toHaveLength(40)
    expect([...new Set(products.map(({ typeId }) => productTypeById.get(typeId)!.family))].toSorted()).toEqual([...families].toSorted())
  })

  it('names each product and machine once, as the API takes them, and says that they are simulated', () => {
    expect(new Set(products.map(({ description }) => description)).size).toBe(products.length)
    expect(new Set(machines.map(({ name }) => name)).size).toBe(machines.length)
    expect(products.filter(({ description }) => !ProductDescription.safeParse(description).success)).toEqual([])
    expect(machines.filter(({ platform }) => !platform.endsWith('(simulated)'))).toEqual([])
    for (const { company, country, timeZone, locale, tags } of customers) {
      const body = {
        profile: { company, country },
        account: { accountId: 'S-1', timeZone, locale },
        contact: { firstName: 'A', lastName: 'B', email: 'a@example.com', locale },
        tags,
      }
      expect(customersApi.createCustomer.body!.safeParse(body).error).toBeUndefined()
    }
  })

  it('has threats of every kind at gateways in the last week, and some today (DSH-2)', () => {
    const gateways = new Set(
      products
        .filter(({ typeId }) => productTypeById.get(typeId)!.family === 'gateway')
        .flatMap((one) => one.machines.map(({ name }) => name)),
    )
    const found = whole
      .flatMap(({ deed }) => ('finds' in deed ? deed.finds : []))
      .filter(({ machine, at }) => gateways.has(machine) && at.getTime() > now.getTime() - 7 * 86_400_000)
    const kinds = figureKinds.flatMap((kind) => categoryOfKind[kind] ?? [])
    expect(kinds.filter((category) => !found.some((find) => find.category === category))).toEqual([])
    expect(found.filter(({ at }) => at.getTime() > now.getTime() - 86_400_000).length).toBeGreaterThan(topOfGateways)
  })

  it('gives endpoints of their own to site servers only (AGT-8)', () => {
    expect(products.filter(({ typeId, machines: own }) => own.length !== 1 && !productTypeById.get(typeId)!.isSiteServer)).toEqual([])
  })
})

describe('its plan (OPS-1)', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(planned(1)).toEqual(whole)
    expect(planned(2, 8)).not.toEqual(planned(1, 8))
  })

  it('goes forward in time, from its first day to now, and nobody acts before he joined', () => {
    const moments = whole
    expect(moments[0]!.at.getTime()).toBe(now.getTime() - 90 * 86_400_000)
    expect(moments.at(-1)!.at < now).toBe(true)
    const there = new Set<string>()
    let last = 0
    for (const { at, deed } of moments) {
      expect(at.getTime()).toBeGreaterThanOrEqual(last)
      last = at.getTime()
      if (deed.kind === 'join') for (const { description } of deed.customer.products) there.add(description)
      else if ('product' in deed) expect(there).toContain(deed.product)
    }
  })

  it('finds each thing once, and never later than it is told', () => {
    const finds = whole.flatMap(({ at, deed }) => ('finds' in deed ? deed.finds.map((find) => ({ find, at })) : []))
    expect(finds.length).toBeGreaterThan(3_000)
    expect(new Set(finds.map(({ find }) => find.contentId)).size).toBe(finds.length)
    expect(finds.filter(({ find, at }) => find.at > at)).toEqual([])
  })

  it('mends what came and went, and leaves what there is to see', () => {
    const infected = new Set<string>()
    for (const { deed } of whole) {
      if (deed.kind === 'find') for (const find of deed.finds) if (find.outcome === 'failed') infected.add(find.machine)
      if (deed.kind === 'clear') infected.delete(deed.machine)
    }
    expect([...infected].toSorted()).toEqual(['actes-srv', 'eigyo-12', 'fournil-01', 'haisha-db', 'pharmacie-01'])
  })

  it('gives each product of a licensed type a licence: some over or over soon, one with more seats in use than it has (EVT-1)', () => {
    const licences = Object.values(licencesOf(estateOf(), now))
    const daysLeft = licences.map(({ expiresAt }) => (Date.parse(expiresAt) - now.getTime()) / 86_400_000)
    expect(licences).toHaveLength(
      estateOf()
        .flatMap(({ products }) => products)
        .filter(({ typeId }) => productTypeById.get(typeId)!.categories.includes('licence-expiring')).length,
    )
    expect([
      daysLeft.filter((left) => left < 0).length,
      daysLeft.filter((left) => left >= 0 && left <= 30).length,
      licences.filter(({ seats, seatsUsed }) => seatsUsed > seats).length,
    ]).toEqual([1, 2, 1])
    expect(new Set(licences.map(({ kind }) => kind))).toEqual(new Set(['full', 'trial', undefined]))
    // trials became full ones meanwhile, and nobody was warned of their end
    const at = (days: number) => new Date(now.getTime() - days * 86_400_000)
    const trialsAt = (days: number) => licences.filter((licence) => saidAt(licence, at(days)).kind === 'trial').length
    expect(trialsAt(70)).toBeGreaterThan(trialsAt(0) + 3)
    for (const { before } of licences)
      for (const { until, expiresAt } of before) expect(Date.parse(expiresAt) - Date.parse(until)).toBeGreaterThan(30 * 86_400_000)
  })

  it('of people and places speaks only where they are there: whoever acts has joined, whatever is named is in the estate', () => {
    const products = new Set(estateOf().flatMap((customer) => customer.products.map(({ description }) => description)))
    const peopleAt = whole.find(({ deed }) => deed.kind === 'people')!.at
    for (const { at, deed } of whole) {
      if ('by' in deed && deed.by > 0) expect(at > peopleAt).toBe(true)
      if (deed.kind === 'errand' && deed.errand.do === 'order')
        for (const name of [...deed.errand.products, ...deed.errand.fails]) expect(products).toContain(name)
      if (deed.kind === 'trouble')
        expect(
          estateOf()
            .flatMap((customer) => customer.products)
            .find(({ description }) => description === deed.product)!
            .machines.map(({ name }) => name),
        ).toContain(deed.machine)
    }
  })

  it('of a small estate speaks of its customers only', () => {
    const small = planned(1, 2)
    expect(small.filter(({ deed }) => deed.kind === 'join')).toHaveLength(2)
    expect(small.some(({ deed }) => deed.kind === 'work')).toBe(true)
  })
})

describe('its folder (OPS-1)', () => {
  const folder = () => {
    const made = mkdtempSync(path.join(tmpdir(), 'vigie-demo-folder-'))
    onTestFinished(() => rmSync(made, { recursive: true }))
    return made
  }

  it('is empty or not there at first', () => {
    expect(readFolder(folder())).toBeNull()
    expect(readFolder(path.join(folder(), 'nothing'))).toBeNull()
  })

  it.each([
    ['key', 'the data of a real installation'],
    ['demo.json', '{"demo":1}'],
  ])('is refused where it holds something else: %s', (name, content) => {
    const made = folder()
    writeFileSync(path.join(made, name), content)
    expect(() => readFolder(made)).toThrow(/not a demo: choose another with --data/)
  })
})
