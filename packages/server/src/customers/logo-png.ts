import { crc32, deflateSync, inflateSync } from 'node:zlib'
import { assertSize, Bytes, unreadable, type Picture } from './logo-picture.ts'

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
/** Samples a pixel, by PNG colour type. */
const channels: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }
const depths: Readonly<Record<number, readonly number[]>> = { 0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16] }
/** Adam7: first column and row, and steps, of each pass. */
const passes = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const

export const isPng = (bytes: Uint8Array): boolean => signature.every((byte, at) => bytes[at] === byte)

interface Head {
  width: number
  height: number
  depth: number
  colour: number
  isInterlaced: boolean
}

/** PNG 1.2 (ISO/IEC 15948). What is not a pixel is skipped. Inflating stops at what the size in the head asks for: a bomb stays small. @throws PictureError */
export function readPng(file: Uint8Array): Picture {
  const bytes = new Bytes(file)
  bytes.take(8)
  let head: Head | null = null
  let palette: Uint8Array | null = null
  let transparency: Uint8Array | null = null
  const data: Uint8Array[] = []
  for (let isEnd = false; !isEnd;) {
    const length = bytes.be32()
    const start = bytes.at
    const kind = String.fromCharCode(...bytes.take(4))
    const content = bytes.take(length)
    if (bytes.be32() !== crc32(file.subarray(start, start + 4 + length))) unreadable('checksum')
    if (head === null && kind !== 'IHDR') unreadable('no head')
    if (kind === 'IHDR') head = readHead(content)
    else if (kind === 'PLTE') palette = content
    else if (kind === 'tRNS') transparency = content
    else if (kind === 'IDAT') data.push(content)
    else if (kind === 'IEND') isEnd = true
  }
  return paint(head!, palette, transparency, data)
}

function readHead(content: Uint8Array): Head {
  const bytes = new Bytes(content)
  const [width, height, depth, colour, compression, filter, interlace] = [
    bytes.be32(),
    bytes.be32(),
    bytes.byte(),
    bytes.byte(),
    bytes.byte(),
    bytes.byte(),
    bytes.byte(),
  ]
  assertSize(width, height)
  if (!depths[colour]?.includes(depth) || compression !== 0 || filter !== 0 || interlace > 1) unreadable('head')
  return { width, height, depth, colour, isInterlaced: interlace === 1 }
}

function paint(head: Head, palette: Uint8Array | null, transparency: Uint8Array | null, data: readonly Uint8Array[]): Picture {
  const { width, height, depth, colour } = head
  const bitsPerPixel = channels[colour]! * depth
  const parts = (head.isInterlaced ? passes : ([[0, 0, 1, 1]] as const))
    .map(([left, top, right, down]) => ({
      left,
      top,
      right,
      down,
      w: Math.ceil((width - left) / right),
      h: Math.ceil((height - top) / down),
    }))
    .filter(({ w, h }) => w > 0 && h > 0)
    .map((part) => ({ ...part, lineBytes: Math.ceil((part.w * bitsPerPixel) / 8) }))
  const wanted = parts.reduce((sum, { h, lineBytes }) => sum + h * (1 + lineBytes), 0)
  let raw: Uint8Array
  try {
    raw = inflateSync(Buffer.concat(data), { maxOutputLength: wanted })
  } catch {
    return unreadable('compressed data')
  }
  if (raw.length < wanted) unreadable('too little data')
  const pixelOf = pixelReader(head, palette, transparency)
  const rgba = new Uint8Array(width * height * 4)
  let at = 0
  for (const { left, top, right, down, w, h, lineBytes } of parts) {
    let above: Uint8Array = new Uint8Array(lineBytes)
    for (let row = 0; row < h; row++, at += 1 + lineBytes) {
      const line = raw.subarray(at + 1, at + 1 + lineBytes)
      unfilter(raw[at]!, line, above, Math.max(1, bitsPerPixel >> 3))
      for (let column = 0; column < w; column++) pixelOf(line, column, rgba, ((top + row * down) * width + left + column * right) * 4)
      above = line
    }
  }
  return { width, height, rgba }
}

function unfilter(kind: number, line: Uint8Array, above: Uint8Array, step: number): void {
  if (kind > 4) unreadable('filter')
  if (kind === 0) return
  for (let at = 0; at < line.length; at++) {
    const left = at >= step ? line[at - step]! : 0
    const up = above[at]!
    const corner = at >= step ? above[at - step]! : 0
    line[at] = line[at]! + (kind === 1 ? left : kind === 2 ? up : kind === 3 ? (left + up) >> 1 : paeth(left, up, corner))
  }
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner
  const [toLeft, toUp, toCorner] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)]
  return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner
}

type PixelReader = (line: Uint8Array, column: number, rgba: Uint8Array, to: number) => void
function pixelReader({ depth, colour }: Head, palette: Uint8Array | null, transparency: Uint8Array | null): PixelReader {
  const samples = channels[colour]!
  // 16 bits: the upper eight
  const sample = (line: Uint8Array, index: number) =>
    depth === 8
      ? line[index]!
      : depth === 16
        ? line[index * 2]!
        : (line[(index * depth) >> 3]! >> (8 - depth - ((index * depth) & 7))) & ((1 << depth) - 1)
  const whole = (line: Uint8Array, index: number) => (depth === 16 ? (line[index * 2]! << 8) | line[index * 2 + 1]! : sample(line, index))
  const grey = (value: number) => (depth < 8 ? Math.round((value * 255) / ((1 << depth) - 1)) : value)
  const clear =
    transparency && (colour === 0 || colour === 2)
      ? Array.from({ length: samples }, (_, n) => ((transparency[n * 2] ?? 0) << 8) | (transparency[n * 2 + 1] ?? 0))
      : null
  if (colour === 3) {
    const colours = palette ?? unreadable('no palette')
    return (line, column, rgba, to) => {
      const index = sample(line, column)
      if (index * 3 + 2 >= colours.length) unreadable('colour outside the palette')
      rgba.set([colours[index * 3]!, colours[index * 3 + 1]!, colours[index * 3 + 2]!, transparency?.[index] ?? 255], to)
    }
  }
  return (line, column, rgba, to) => {
    const first = column * samples
    const isClear = clear?.every((value, n) => whole(line, first + n) === value) ?? false
    const isGrey = samples < 3
    for (let n = 0; n < 3; n++) rgba[to + n] = isGrey ? grey(sample(line, first)) : sample(line, first + n)
    rgba[to + 3] = isClear ? 0 : samples === 2 || samples === 4 ? sample(line, first + samples - 1) : 255
  }
}

/** The plainest PNG there is: head, pixels, end. Nothing of the file that was sent comes along. */
export function writePng({ width, height, rgba }: Picture): Buffer {
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 6, 0, 0, 0], 8)
  const raw = Buffer.alloc(height * (1 + width * 4))
  for (let y = 0; y < height; y++) raw.set(rgba.subarray(y * width * 4, (y + 1) * width * 4), y * (1 + width * 4) + 1)
  return Buffer.concat([
    Buffer.from(signature),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(raw, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(kind: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(kind, 'latin1'), content])
  const ends = Buffer.alloc(8)
  ends.writeUInt32BE(content.length, 0)
  ends.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)])
}
