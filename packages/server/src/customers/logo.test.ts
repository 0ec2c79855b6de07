import { deflateSync } from 'node:zlib'
import jpeg from 'jpeg-js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Problem } from '@vigie/domain/kernel'
import type { Actor } from '../platform/index.ts'
import { aCustomer, anActor, aPartner } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { redraw } from './logo-decode.ts'
import { PictureError, type Picture } from './logo-picture.ts'
import { isPng, readPng, writePng } from './logo-png.ts'
import { readLogo } from './logo-reader.ts'
import { aBmp, aGif, aPng, pngChunk, pngSignature } from './logo-samples.ts'

/** Red, green, blue and half clear; each a quarter. */
function quarters(width = 8, height = 6): Picture {
  const rgba = new Uint8Array(width * height * 4)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      rgba.set(
        [
          [
            [255, 0, 0, 255],
            [0, 255, 0, 255],
          ],
          [
            [0, 0, 255, 255],
            [255, 255, 255, 255],
          ],
        ][y < height / 2 ? 0 : 1]![x < width / 2 ? 0 : 1]!,
        (y * width + x) * 4,
      )
  return { width, height, rgba }
}
const picture = quarters()
const aJpeg = (source = picture) =>
  Buffer.from(jpeg.encode({ width: source.width, height: source.height, data: Buffer.from(source.rgba) }, 95).data)
const samples: [string, Buffer][] = [
  ['PNG', aPng(picture)],
  ['interlaced PNG', aPng(picture, { isInterlaced: true })],
  ['PNG of a palette', aPng(picture, { isPalette: true })],
  ['GIF', aGif(picture)],
  ['BMP', aBmp(picture, 24)],
  ['BMP of 32 bits', aBmp(picture, 32)],
  ['JPEG', aJpeg()],
]
/** Where it is certain which colour is meant. */
const corner = ({ width, rgba }: Picture, x: number, y: number) => [...rgba.subarray((y * width + x) * 4, (y * width + x) * 4 + 4)]

describe('a logo is drawn anew (R37)', () => {
  it.each(samples)('%s: the same picture, as a PNG of ours', (_, file) => {
    const { png, width, height } = redraw(file)
    expect([width, height]).toEqual([8, 6])
    const read = readPng(png)
    for (const [x, y, wanted] of [
      [1, 1, [255, 0, 0]],
      [6, 1, [0, 255, 0]],
      [1, 5, [0, 0, 255]],
      [6, 5, [255, 255, 255]],
    ] as const) {
      const [r, g, b, a] = corner(read, x, y)
      for (const [n, value] of [r, g, b].entries()) expect(Math.abs(value! - wanted[n]!)).toBeLessThan(12)
      expect(a).toBe(255)
    }
  })

  it('nothing but pixels comes along: words beside the picture, a page behind it, a place it was taken at', () => {
    const mark = 'X-SECRET-MARK'
    const text = pngChunk('tEXt', Buffer.from(`Comment\0${mark}<script>`))
    const png = aPng(picture)
    const withText = Buffer.concat([png.subarray(0, 33), text, png.subarray(33), Buffer.from(`<html>${mark}</html>`)])
    const exif = Buffer.concat([
      Buffer.from([0xff, 0xd8, 0xff, 0xe1, 0, 2 + 6 + mark.length]),
      Buffer.from(`Exif\0\0${mark}`),
      aJpeg().subarray(2),
    ])
    const gif = Buffer.concat([aGif(picture), Buffer.from(`/*${mark}*/`)])
    for (const file of [withText, exif, gif]) {
      expect(file.includes(mark)).toBe(true)
      expect(redraw(file).png.includes(mark)).toBe(false)
    }
  })

  it('is as small as it is shown, with its proportions', () => {
    const { width, height } = redraw(aPng(quarters(1_600, 400)))
    expect([width, height]).toEqual([640, 160])
  })

  it('clear pixels stay clear, and lend nobody their colour', () => {
    const rgba = new Uint8Array(2_000 * 2 * 4).fill(0)
    for (let at = 0; at < rgba.length; at += 8) rgba.set([255, 0, 0, 255, 0, 255, 0, 0], at)
    const read = readPng(redraw(writePng({ width: 2_000, height: 2, rgba })).png)
    const middle = corner(read, 300, 0)
    expect(middle[0]).toBe(255)
    expect(middle[1]).toBe(0)
  })

  it('our own PNG is one that we take', () => expect(isPng(redraw(aPng(picture)).png)).toBe(true))
})

const reasonOf = (file: Uint8Array): string => {
  try {
    const { width, height } = redraw(file)
    return `taken ${width}x${height}`
  } catch (error) {
    return error instanceof PictureError ? error.reason : `FAULT ${String(error)}`
  }
}
const be32 = (value: number) => Buffer.from([value >>> 24, value >>> 16, value >>> 8, value])
const head = (width: number, height: number, depth = 8, colour = 6) =>
  pngChunk('IHDR', Buffer.concat([be32(width), be32(height), Buffer.from([depth, colour, 0, 0, 0])]))
const end = pngChunk('IEND', Buffer.alloc(0))
const patched = (file: Buffer, at: number, ...bytes: number[]) => {
  const copy = Buffer.from(file)
  copy.set(bytes, at)
  return copy
}

describe('hostile files (R37)', () => {
  const [gif, bmp, jpg] = [aGif(picture), aBmp(picture, 24), aJpeg()]
  it.each<[string, Buffer, string]>([
    ['nothing', Buffer.alloc(0), 'unreadable'],
    ['a drawing (SVG)', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'), 'unreadable'],
    ['a drawing behind a byte order mark', Buffer.from('\ufeff<?xml version="1.0"?><svg/>'), 'unreadable'],
    ['a web page', Buffer.from('<html><script>alert(1)</script>'), 'unreadable'],
    ['a program', Buffer.from('MZ\x90\0'), 'unreadable'],
    ['a WebP', Buffer.from('RIFF\0\0\0\0WEBPVP8 '), 'unreadable'],
    ['a page that calls itself GIF', Buffer.from('GIF89a/*<script>*/=1;alert(1)'), 'too-large'], // its words read as a size,
    ['a page that calls itself a bitmap', Buffer.from('BM<script>alert(1)</script>'.padEnd(80)), 'unreadable'],
    [
      'a bomb: 4 Gpx PNG',
      Buffer.concat([pngSignature, head(65_535, 65_535), pngChunk('IDAT', deflateSync(Buffer.alloc(9))), end]),
      'too-large',
    ],
    [
      'a bomb: just above 4 Mpx',
      Buffer.concat([pngSignature, head(2_001, 2_000), pngChunk('IDAT', deflateSync(Buffer.alloc(9))), end]),
      'too-large',
    ],
    [
      'a bomb: a line of 40,000',
      Buffer.concat([pngSignature, head(40_000, 1), pngChunk('IDAT', deflateSync(Buffer.alloc(9))), end]),
      'too-large',
    ],
    [
      'a bomb: 200 MB of zeros behind a small head',
      Buffer.concat([pngSignature, head(4, 4), pngChunk('IDAT', deflateSync(Buffer.alloc(200_000_000), { level: 9 })), end]),
      'unreadable',
    ],
    ['a bomb: GIF of 65535 x 65535', patched(gif, 6, 0xff, 0xff, 0xff, 0xff), 'too-large'],
    ['a bomb: BMP of 2 Gpx', patched(bmp, 18, 0xff, 0xff, 0xff, 0x7f), 'too-large'],
    ['a bomb: BMP, upside down, of 2 Gpx', patched(bmp, 22, 0, 0, 0, 0x80), 'too-large'],
    ['a bomb: JPEG of 65500 x 65500', patched(jpg, jpg.indexOf(Buffer.from([0xff, 0xc0])) + 5, 0xff, 0xdc, 0xff, 0xdc), 'too-large'],
    ['a PNG without size', Buffer.concat([pngSignature, head(0, 4), end]), 'unreadable'],
    ['a PNG without pixels', Buffer.concat([pngSignature, head(4, 4), end]), 'unreadable'],
    ['a PNG of no known depth', Buffer.concat([pngSignature, head(4, 4, 3), end]), 'unreadable'],
    [
      'a PNG of a palette that is not there',
      Buffer.concat([pngSignature, head(4, 1, 8, 3), pngChunk('IDAT', deflateSync(Buffer.from([0, 9, 9, 9, 9]))), end]),
      'unreadable',
    ],
    [
      'a PNG with a wrong filter',
      Buffer.concat([pngSignature, head(1, 1), pngChunk('IDAT', deflateSync(Buffer.from([9, 1, 2, 3, 4]))), end]),
      'unreadable',
    ],
    ['a PNG whose chunk is as long as the world', Buffer.concat([pngSignature, be32(0xffffffff), Buffer.from('IHDR')]), 'unreadable'],
    ['a PNG with a broken checksum', patched(aPng(picture), 29, 0, 0, 0, 0), 'unreadable'],
    ['a GIF whose picture lies outside its screen', patched(gif, gif.indexOf(0x2c, 13 + 12) + 1, 200, 0), 'unreadable'],
    ['a BMP that is compressed', patched(bmp, 30, 1), 'unreadable'],
    ['a BMP whose pixels begin in its head', patched(bmp, 10, 0, 0, 0, 0), 'unreadable'],
    ['a BMP whose pixels begin behind its end', patched(bmp, 10, 0xff, 0xff, 0xff, 0x7f), 'unreadable'],
  ])('%s', (_, file, wanted) => expect(reasonOf(file)).toBe(wanted))

  it('no cut of an honest file is a fault', () => {
    let tried = 0
    for (const [name, file] of samples) {
      for (let length = 0; length < file.length; length += Math.max(1, Math.floor(file.length / 60))) {
        expect(reasonOf(file.subarray(0, length)), `${name} cut at ${length}`).toMatch(/^(unreadable|taken)/)
        tried++
      }
    }
    expect(tried).toBeGreaterThan(300)
  })

  it('no change of an honest file is a fault, and none makes a large picture', () => {
    // the same changes each time: a fault can be looked at again
    let seed = 20_261_121
    const random = (below: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % below
    let tried = 0
    for (const [name, file] of samples) {
      for (let round = 0; round < 150; round++) {
        const copy = Buffer.from(file)
        const changes: string[] = []
        for (let n = 0; n <= random(6); n++) {
          const at = random(copy.length)
          copy[at] = round % 3 === 0 ? 255 : random(256)
          changes.push(`${at}=${copy[at]}`)
        }
        // a PNG's checksums would stop most changes: set right again, so that what lies behind is tried too
        const mutant = name.includes('PNG') ? reseal(copy) : copy
        const reason = reasonOf(mutant)
        expect(reason, `${name} ${changes.join(' ')}`).toMatch(/^(unreadable|too-large|taken)/)
        const size = /^taken (\d+)x(\d+)$/.exec(reason)
        if (size) expect(Number(size[1]) <= 640 && Number(size[2]) <= 320).toBe(true)
        tried++
      }
    }
    expect(tried).toBeGreaterThanOrEqual(1_000)
  }, 120_000)
})

/** Checksums as they should be, for chunks whose length still makes sense. */
function reseal(png: Buffer): Buffer {
  const parts: Buffer[] = [png.subarray(0, 8)]
  let at = 8
  while (at + 12 <= png.length) {
    const length = png.readUInt32BE(at)
    if (at + 12 + length > png.length) break
    parts.push(pngChunk(png.subarray(at + 4, at + 8).toString('latin1'), png.subarray(at + 8, at + 8 + length)))
    at += 12 + length
  }
  return Buffer.concat([...parts, png.subarray(at)])
}

describe('the capped worker (R37)', () => {
  it('does the work', async () => expect(await readLogo(aPng(picture))).toMatchObject({ width: 8, height: 6 }))
  it.each([
    ['never ends', 'for (;;) {}'],
    ['eats memory', 'const all = []; for (;;) all.push(new Array(100_000).fill({}))'],
    ['digs without end', 'const dig = () => dig() + 1; dig()'],
    ['leaves', 'process.exit(3)'],
    ['throws', 'throw new Error("x")'],
    ['says nothing', ''],
  ])(
    'one that %s is ended, and we go on',
    async (_, code) => {
      const worker = new URL(`data:text/javascript,${encodeURIComponent(code)}`)
      const before = process.memoryUsage().rss
      await expect(readLogo(Buffer.from('x'), { worker, timeoutMs: 1_500 })).rejects.toThrow('logo.unreadable')
      expect(process.memoryUsage().rss - before).toBeLessThan(400_000_000)
      expect(await readLogo(aPng(picture))).toMatchObject({ width: 8 })
    },
    60_000,
  )
  it('a crowd waits its turn, and what is too many is told to come again', async () => {
    const answers = await Promise.allSettled(Array.from({ length: 15 }, () => readLogo(aPng(picture))))
    const refused = answers.filter((answer) => answer.status === 'rejected')
    expect(refused.map(({ reason }) => (reason as Problem).code)).toEqual(Array(6).fill('server.busy'))
  })
})

describe('the logo of a customer (CUS-3, R37)', () => {
  let server: TestServer
  let actor: Actor
  let partnerId: string
  beforeAll(async () => {
    server = await testServer()
    partnerId = await aPartner(server.database)
    actor = await anActor(server.database, partnerId, { role: 'technician' })
  })
  afterAll(() => server.close())
  const call = (method: string, path: string, body?: unknown) => server.as(actor)(method, path, body)

  it('set, shown with a fixed type and name, set again, removed', async () => {
    const customerId = await aCustomer(server.database, partnerId)
    expect((await call('GET', `/v1/customers/${customerId}`)).body.logoVersion).toBeNull()
    expect((await call('GET', `/v1/customers/${customerId}/logo`)).body.code).toBe('logo.none')
    const set = await call('PUT', `/v1/customers/${customerId}/logo`, { content: aJpeg().toString('base64') })
    expect(set.body).toEqual({ version: 1, width: 8, height: 6 })
    const shown = await call('GET', `/v1/customers/${customerId}/logo?v=1`)
    expect([
      shown.headers['content-type'],
      shown.headers['content-disposition'],
      shown.headers['x-content-type-options'],
      shown.headers['cache-control'],
    ]).toEqual(['image/png', 'inline; filename="logo.png"', 'nosniff', 'no-store'])
    expect((await call('PUT', `/v1/customers/${customerId}/logo`, { content: aGif(picture).toString('base64') })).body.version).toBe(2)
    expect((await call('DELETE', `/v1/customers/${customerId}/logo`)).status).toBe(200)
    expect((await call('GET', `/v1/customers/${customerId}`)).body.logoVersion).toBeNull()
    // the address of a removed logo never becomes that of another
    expect((await call('PUT', `/v1/customers/${customerId}/logo`, { content: aGif(picture).toString('base64') })).body.version).toBe(3)
  })

  it('1 MB is taken whole, above it is refused, and a bad one changes nothing', async () => {
    const customerId = await aCustomer(server.database, partnerId)
    const padded = Buffer.concat([aPng(picture), Buffer.alloc(999_000)])
    expect((await call('PUT', `/v1/customers/${customerId}/logo`, { content: padded.toString('base64') })).status).toBe(200)
    const tooMuch = await call('PUT', `/v1/customers/${customerId}/logo`, {
      content: Buffer.concat([padded, Buffer.alloc(9_000)]).toString('base64'),
    })
    expect(tooMuch.body.fields?.[0]).toMatchObject({ path: 'content', code: 'file.too-large' })
    expect((await call('PUT', `/v1/customers/${customerId}/logo`, { content: Buffer.from('<svg/>').toString('base64') })).body.code).toBe(
      'logo.unreadable',
    )
    expect((await call('GET', `/v1/customers/${customerId}`)).body.logoVersion).toBe(1)
  })

  it('goes with its customer (CUS-5)', async () => {
    const customerId = await aCustomer(server.database, partnerId, { company: 'Gone' })
    await call('PUT', `/v1/customers/${customerId}/logo`, { content: aGif(picture).toString('base64') })
    const owner = await anActor(server.database, partnerId, { role: 'owner' })
    expect((await server.as(owner)('DELETE', `/v1/customers/${customerId}`, { confirmName: 'Gone' })).status).toBe(200)
  })
})
