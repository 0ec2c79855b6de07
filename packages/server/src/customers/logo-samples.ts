import { crc32, deflateSync } from 'node:zlib'
import type { Picture } from './logo-picture.ts'

/** Honest files for tests, written by hand: kinds that we read and never write. */
export const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
export function pngChunk(kind: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(kind, 'latin1'), content])
  const ends = Buffer.alloc(8)
  ends.writeUInt32BE(content.length, 0)
  ends.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)])
}

/** Colours of a picture, each once, and which pixel has which. */
function paletteOf({ rgba }: Picture): { colours: number[][]; indexes: number[] } {
  const colours: number[][] = []
  const indexes: number[] = []
  for (let at = 0; at < rgba.length; at += 4) {
    const colour = [...rgba.subarray(at, at + 3)]
    let index = colours.findIndex((one) => one.join() === colour.join())
    if (index === -1) index = colours.push(colour) - 1
    indexes.push(index)
  }
  return { colours, indexes }
}

export function aPng(picture: Picture, { isInterlaced = false, isPalette = false } = {}): Buffer {
  const { width, height, rgba } = picture
  const { colours, indexes } = paletteOf(picture)
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, isPalette ? 3 : 6, 0, 0, isInterlaced ? 1 : 0], 8)
  const passes = isInterlaced
    ? [
        [0, 0, 8, 8],
        [4, 0, 8, 8],
        [0, 4, 4, 8],
        [2, 0, 4, 4],
        [0, 2, 2, 4],
        [1, 0, 2, 2],
        [0, 1, 1, 2],
      ]
    : [[0, 0, 1, 1]]
  const raw: number[] = []
  for (const [left, top, right, down] of passes as [number, number, number, number][]) {
    if (left >= width) continue
    for (let y = top; y < height; y += down) {
      raw.push(0)
      for (let x = left; x < width; x += right)
        raw.push(...(isPalette ? [indexes[y * width + x]!] : rgba.subarray((y * width + x) * 4, (y * width + x) * 4 + 4)))
    }
  }
  return Buffer.concat([
    pngSignature,
    pngChunk('IHDR', head),
    ...(isPalette ? [pngChunk('PLTE', Buffer.from(colours.flat()))] : []),
    pngChunk('IDAT', deflateSync(Buffer.from(raw))),
    pngChunk('IEND', Buffer.alloc(0)),
  ])
}

/** A colour table of four; codes of three bits, with a clear code before each pair, so that the table never grows. */
export function aGif(picture: Picture): Buffer {
  const { width, height } = picture
  const { colours, indexes } = paletteOf(picture)
  const bits: number[] = []
  const put = (code: number) => void bits.push(code & 1, (code >> 1) & 1, (code >> 2) & 1)
  for (const [at, index] of indexes.entries()) {
    if (at % 2 === 0) put(4)
    put(index)
  }
  put(5)
  const data = Buffer.alloc(Math.ceil(bits.length / 8))
  for (const [at, bit] of bits.entries()) data[at >> 3]! |= bit << (at & 7)
  const table = Buffer.alloc(12)
  table.set(colours.flat())
  const blocks: Buffer[] = []
  for (let at = 0; at < data.length; at += 255) blocks.push(Buffer.from([Math.min(255, data.length - at)]), data.subarray(at, at + 255))
  const size = [width & 255, width >> 8, height & 255, height >> 8]
  return Buffer.concat([
    Buffer.from('GIF89a'),
    Buffer.from([...size, 0x81, 0, 0]),
    table,
    Buffer.from([0x2c, 0, 0, 0, 0, ...size, 0, 2]),
    ...blocks,
    Buffer.from([0, 0x3b]),
  ])
}

export function aBmp({ width, height, rgba }: Picture, depth: 24 | 32): Buffer {
  const lineBytes = Math.ceil((width * depth) / 32) * 4
  const file = Buffer.alloc(54 + lineBytes * height)
  file.write('BM', 'latin1')
  file.writeUInt32LE(file.length, 2)
  file.writeUInt32LE(54, 10)
  file.writeUInt32LE(40, 14)
  file.writeInt32LE(width, 18)
  file.writeInt32LE(height, 22)
  file.writeUInt16LE(1, 26)
  file.writeUInt16LE(depth, 28)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [r, g, b] = rgba.subarray((y * width + x) * 4)
      file.set([b!, g!, r!], 54 + (height - 1 - y) * lineBytes + (x * depth) / 8)
    }
  }
  return file
}
