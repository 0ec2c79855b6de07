import { createHash, randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { compareVersions, releaseLimits, signedText, type ReleaseDocument, type RootDocument } from '@vigie/domain/agents'
import { newStateFolder, remove } from '../testing/in-process.ts'
import { makeKeyPair, signText, type KeyPair } from './identity.ts'
import { acceptRelease, receivePackage, ReleaseRefused, type ReleaseAsked, type ReleaseFault, type Trust } from './release.ts'

// Keys live as long as this test: the repository holds none.
interface Signer extends KeyPair {
  keyId: string
}
const signer = (): Signer => {
  const pair = makeKeyPair()
  return { ...pair, keyId: createHash('sha256').update(Buffer.from(pair.publicKey, 'base64url')).digest('hex') }
}
const [rootA, rootB, rootC, releaseA, releaseB, releaseC, stranger] = Array.from({ length: 7 }, signer) as [
  Signer,
  Signer,
  Signer,
  Signer,
  Signer,
  Signer,
  Signer,
]
const now = new Date('2026-11-21T12:00:00.000Z')
const inDays = (days: number) => new Date(now.getTime() + days * 86_400_000).toISOString()

const rootOf = (change: Partial<RootDocument> = {}, all = [rootA, rootB, rootC, releaseA, releaseB, releaseC]): RootDocument => ({
  kind: 'vigie root 1',
  version: 1,
  expiresAt: inDays(700),
  keys: Object.fromEntries(all.map(({ keyId, publicKey }) => [keyId, publicKey])),
  roles: {
    root: { keyIds: [rootA, rootB, rootC].map(({ keyId }) => keyId), threshold: 2 },
    release: { keyIds: [releaseA, releaseB, releaseC].map(({ keyId }) => keyId), threshold: 2 },
  },
  ...change,
})
const releaseOf = (change: Partial<ReleaseDocument> = {}): ReleaseDocument => ({
  kind: 'vigie agent release 1',
  sequence: 7,
  version: '1.2.0',
  signedAt: inDays(-1),
  expiresAt: inDays(30),
  packages: { 'linux-x64': { sizeBytes: 10, sha256: 'a'.repeat(64) } },
  ...change,
})
function sign(kind: 'root' | 'release', document: object, by: readonly Signer[], text = JSON.stringify(document)): string {
  return JSON.stringify({
    signed: text,
    signatures: by.map(({ keyId, privateKey }) => ({ keyId, signature: signText(privateKey, signedText(kind, text)) })),
  })
}
const trust: Trust = { root: JSON.stringify(rootOf()), sequence: 6, documentSha256: 'b'.repeat(64), latestAt: inDays(-10) }
const ask = (change: Partial<ReleaseAsked> = {}): ReleaseAsked => ({
  roots: [],
  release: sign('release', releaseOf(), [releaseA, releaseB]),
  version: '1.2.0',
  current: '1.1.0',
  target: 'linux-x64',
  now,
  ...change,
})
const signed = (change: Partial<ReleaseDocument>, by: readonly Signer[] = [releaseA, releaseB]) =>
  ask({ release: sign('release', releaseOf(change), by) })

function faultOf(work: () => unknown): ReleaseFault | null {
  try {
    work()
    return null
  } catch (error) {
    if (error instanceof ReleaseRefused) return error.fault
    throw error
  }
}
const fault = (asked: ReleaseAsked, known = trust) => faultOf(() => acceptRelease(known, asked))

describe('a release that is right (R17)', () => {
  it.each([
    ['A and B', [releaseA, releaseB]],
    ['B and C', [releaseB, releaseC]],
    ['all three', [releaseA, releaseB, releaseC]],
    ['two, and a stranger beside', [stranger, releaseA, releaseC]],
  ])('signed by %s', (_, by) => {
    const accepted = acceptRelease(trust, signed({}, by))
    expect(accepted).toMatchObject({ version: '1.2.0', package: { sizeBytes: 10 }, trust: { sequence: 7 } })
  })

  it('again after a death: the same document is taken again, with what was remembered of it', () => {
    const { trust: remembered } = acceptRelease(trust, ask())
    expect(fault(ask(), remembered)).toBeNull()
  })
})

/** Source: TUF specification 1.0.33, §1.5.2, and the agent's own rules. Each line is one lie of a server, a mirror or a thief. */
describe('the attacks (R17)', () => {
  const rekeyed = rootOf({ version: 2, roles: { ...rootOf().roles, release: { keyIds: [stranger.keyId], threshold: 1 } } }, [
    rootA,
    rootB,
    rootC,
    stranger,
  ])
  it.each<[attack: string, asked: () => ReleaseAsked, fault: ReleaseFault]>([
    ['arbitrary software: no signature', () => signed({}, []), 'below-threshold'],
    ['arbitrary software: signed by strangers', () => signed({}, [stranger, stranger]), 'below-threshold'],
    ['key compromise: one of the three is stolen', () => signed({}, [releaseA]), 'below-threshold'],
    ['key compromise: the stolen one signs twice', () => signed({}, [releaseA, releaseA]), 'below-threshold'],
    [
      'key compromise: the stolen one under another’s name',
      () => ask({ release: sign('release', releaseOf(), [releaseA, { ...releaseA, keyId: releaseB.keyId }]) }),
      'below-threshold',
    ],
    ['key compromise: root keys sign a release', () => signed({}, [rootA, rootB]), 'below-threshold'],
    [
      'key compromise: release keys make themselves the root',
      () => ask({ roots: [sign('root', rekeyed, [releaseA, releaseB])], release: sign('release', releaseOf(), [stranger]) }),
      'below-threshold',
    ],
    [
      'key compromise: one root key hands the releases over',
      () => ask({ roots: [sign('root', rekeyed, [rootA])], release: sign('release', releaseOf(), [stranger]) }),
      'below-threshold',
    ],
    ['a signature of another kind of document', () => ask({ release: sign('root', releaseOf(), [releaseA, releaseB]) }), 'below-threshold'],
    ['altered after signing', () => ask({ release: ask().release.replace('1.2.0', '1.2.1'), version: '1.2.1' }), 'below-threshold'],
    ['rollback: an older document, once rightly signed', () => signed({ sequence: 5 }), 'older-sequence'],
    ['rollback: an older program in a new document', () => ({ ...signed({ version: '1.0.9' }), version: '1.0.9' }), 'older-version'],
    ['replay: what runs already', () => ({ ...signed({ version: '1.1.0' }), version: '1.1.0' }), 'older-version'],
    [
      'rollback: 1.10 is not older than 1.9, and 1.9 not newer than 1.10',
      () => ({ ...signed({ version: '1.9.0' }), version: '1.9.0', current: '1.10.0' }),
      'older-version',
    ],
    ['freeze: expired', () => signed({ expiresAt: inDays(-0.5) }), 'expired'],
    ['freeze: a document that would live for years', () => signed({ expiresAt: inDays(400) }), 'life-too-long'],
    [
      'freeze: the root expired',
      () => ask({ roots: [sign('root', rootOf({ version: 2, expiresAt: inDays(-1) }), [rootA, rootB])] }),
      'root-expired',
    ],
    ['fast forward: signed next year', () => signed({ signedAt: inDays(300), expiresAt: inDays(320) }), 'signed-in-the-future'],
    ['fast forward: a root far ahead', () => ask({ roots: [sign('root', rootOf({ version: 9 }), [rootA, rootB])] }), 'not-the-next-root'],
    [
      'fast forward: hundreds of roots',
      () => ask({ roots: Array.from({ length: 33 }, (_, i) => sign('root', rootOf({ version: i + 2 }), [rootA, rootB])) }),
      'too-many-roots',
    ],
    ['mix and match: two documents under one sequence', () => signed({ sequence: 6 }), 'sequence-used-twice'],
    ['mix and match: another version than was approved', () => ({ ...ask(), version: '1.3.0' }), 'not-the-version-ordered'],
    [
      'wrong software: another platform’s package only',
      () => signed({ packages: { 'linux-arm64': { sizeBytes: 1, sha256: 'c'.repeat(64) } } }),
      'not-for-this-platform',
    ],
    [
      'wrong software: another product’s document',
      () => ask({ release: sign('release', { ...releaseOf(), kind: 'other' }, [releaseA, releaseB]) }),
      'not-a-document',
    ],
    [
      'extraneous: fields that nobody knows',
      () => ask({ release: sign('release', { ...releaseOf(), run: 'x' }, [releaseA, releaseB]) }),
      'not-a-document',
    ],
    [
      'endless data: a document without end',
      () => ask({ release: `${ask().release}${' '.repeat(releaseLimits.documentBytes)}` }),
      'too-large',
    ],
    [
      'endless data: a package of terabytes',
      () => signed({ packages: { 'linux-x64': { sizeBytes: 1e13, sha256: 'a'.repeat(64) } } }),
      'not-a-document',
    ],
    [
      'endless data: signatures without end',
      () =>
        ask({
          release: sign(
            'release',
            releaseOf(),
            Array.from({ length: 40 }, () => releaseA),
          ),
        }),
      'not-a-document',
    ],
    ['not JSON', () => ask({ release: '\u0000' }), 'not-a-document'],
    [
      'a root that names a key after another',
      () =>
        ask({
          roots: [sign('root', { ...rekeyed, keys: { ...rekeyed.keys, [stranger.keyId]: releaseA.publicKey } }, [rootA, rootB])],
          release: sign('release', releaseOf(), [stranger]),
        }),
      'key-misnamed',
    ],
    [
      'a root that nobody could follow',
      () =>
        ask({
          roots: [
            sign('root', rootOf({ version: 2, roles: { ...rootOf().roles, root: { keyIds: [rootA.keyId, rootA.keyId], threshold: 2 } } }), [
              rootA,
              rootB,
            ]),
          ],
        }),
      'threshold-impossible',
    ],
  ])('%s', (_, asked, expected) => expect(fault(asked())).toBe(expected))

  it('a clock set back revives nothing that had expired', () => {
    const { trust: remembered } = acceptRelease({ ...trust, latestAt: inDays(20) }, ask({ now: new Date(inDays(20)) }))
    expect(remembered.latestAt).toBe(inDays(20))
    expect(
      fault(
        ask({
          release: sign('release', releaseOf({ sequence: 8, expiresAt: inDays(10) }), [releaseA, releaseB]),
          now: new Date(inDays(-300)),
        }),
        remembered,
      ),
    ).toBe('expired')
  })

  it('every bit of what was signed counts', () => {
    const bytes = Buffer.from(JSON.stringify(releaseOf()))
    for (let i = 0; i < bytes.length; i++) {
      const bent = Buffer.from(bytes)
      bent[i]! ^= 1
      const { signatures } = JSON.parse(ask().release) as { signatures: unknown }
      expect(fault(ask({ release: JSON.stringify({ signed: bent.toString('latin1'), signatures }) }))).not.toBeNull()
    }
  })
})

describe('keys change (R17)', () => {
  const [newA, newB] = [signer(), signer()]
  const second = rootOf(
    {
      version: 2,
      roles: { root: { keyIds: [rootB.keyId, newA.keyId], threshold: 2 }, release: { keyIds: [newA.keyId, newB.keyId], threshold: 2 } },
    },
    [rootB, newA, newB],
  )
  const rotated = sign('root', second, [rootA, rootB, newA])

  it('by a threshold of the old and of the new; the old release keys are then nobody', () => {
    const accepted = acceptRelease(trust, ask({ roots: [rotated], release: sign('release', releaseOf(), [newA, newB]) }))
    expect(JSON.parse(accepted.trust.root)).toMatchObject({ version: 2 })
    expect(fault(ask({ roots: [rotated] }))).toBe('below-threshold')
    expect(fault(ask(), accepted.trust)).toBe('below-threshold')
  })

  it('not by the old alone, not by the new alone', () => {
    expect(fault(ask({ roots: [sign('root', second, [rootA, rootB])] }))).toBe('below-threshold')
    expect(fault(ask({ roots: [sign('root', second, [rootB, newA])] }))).toBe('below-threshold')
  })

  it('an agent that slept through two changes follows them in order, and skips what it knows', () => {
    const third = sign('root', { ...second, version: 3 }, [rootB, newA])
    const release = sign('release', releaseOf(), [newA, newB])
    expect(JSON.parse(acceptRelease(trust, ask({ roots: [rotated, third], release })).trust.root)).toMatchObject({ version: 3 })
    expect(fault(ask({ roots: [third], release }))).toBe('not-the-next-root')
    expect(fault(ask({ roots: [rotated, third], release }), { ...trust, root: JSON.stringify(second) })).toBeNull()
  })
})

describe('the package on its way (R17, R18)', () => {
  let folder: string
  const bytes = randomBytes(300_000)
  const expected = { sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
  beforeEach(async () => void (folder = await newStateFolder()))
  afterEach(() => remove(folder))
  async function* inParts(data: Uint8Array, size = 65_536): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < data.length; i += size) yield data.subarray(i, i + size)
  }
  const receive = (source: AsyncIterable<Uint8Array>, nowMs?: () => number) =>
    receivePackage(source, join(folder, 'package'), expected, nowMs).then(
      () => null,
      (error: unknown) => (error instanceof ReleaseRefused ? error.fault : String(error)),
    )

  it('is there when it is whole', async () => {
    expect(await receive(inParts(bytes))).toBeNull()
    expect(await readFile(join(folder, 'package'))).toEqual(bytes)
    expect(await readdir(folder)).toEqual(['package'])
  })

  it('longer, shorter, altered, broken off: nothing is left', async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) yield bytes
    }
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, 1_000)
      throw new Error('line cut')
    }
    const altered = Buffer.from(bytes)
    altered[12_345]! ^= 1
    expect([
      await receive(endless()),
      await receive(inParts(bytes.subarray(1))),
      await receive(inParts(altered)),
      await receive(broken()),
    ]).toEqual(['package-too-long', 'package-too-short', 'package-differs', 'Error: line cut'])
    expect(await readdir(folder)).toEqual([])
  })

  it('a drip that keeps the line busy for ever is given up', async () => {
    let ms = 0
    expect(await receive(inParts(bytes, 10), () => (ms += 1_000))).toBe('too-slow')
    expect(ms).toBeLessThan(60_000)
  })
})

it.each([
  ['1.2.3', '1.2.3', 0],
  ['1.2.3', '1.2.4', -1],
  ['1.10.0', '1.9.9', 1],
  ['2.0.0', '1.99.99', 1],
])('versions %s and %s', (a, b, sign) => expect(Math.sign(compareVersions(a, b))).toBe(sign))
