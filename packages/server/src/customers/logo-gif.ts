import { assertSize, Bytes, unreadable, type Picture } from './logo-picture.ts'

export const isGif = (bytes: Uint8Array): boolean => ['GIF87a', 'GIF89a'].includes(String.fromCharCode(...bytes.subarray(0, 6)))

/** GIF89a: the first picture of it, on its screen; what follows is not read. @throws PictureError */
export function readGif(file: Uint8Array): Picture {
  const bytes = new Bytes(file)
  bytes.take(6)
  const [width, height, flags] = [bytes.le16(), bytes.le16(), bytes.byte()]
  bytes.take(2)
  assertSize(width, height)
  const common = tableOf(bytes, flags)
  let clearIndex = -1
  for (;;) {
    const kind = bytes.byte()
    if (kind === 0x21) {
      const label = bytes.byte()
      const block = blocks(bytes)
      if (label === 0xf9 && block.length >= 4) clearIndex = block[0]! & 1 ? block[3]! : -1
    } else if (kind === 0x2c) {
      return paint(bytes, { width, height, common, clearIndex })
    } else return unreadable('no picture')
  }
}

const tableOf = (bytes: Bytes, flags: number): Uint8Array | null => (flags & 0x80 ? bytes.take(3 * 2 ** ((flags & 7) + 1)) : null)

/** Sub-blocks put together, up to the empty one. */
function blocks(bytes: Bytes): Buffer {
  const parts: Uint8Array[] = []
  for (let length = bytes.byte(); length > 0; length = bytes.byte()) parts.push(bytes.take(length))
  return Buffer.concat(parts)
}

function paint(bytes: Bytes, screen: { width: number; height: number; common: Uint8Array | null; clearIndex: number }): Picture {
  const { width, height, clearIndex } = screen
  const [left, top, w, h, flags] = [bytes.le16(), bytes.le16(), bytes.le16(), bytes.le16(), bytes.byte()]
  assertSize(w, h)
  if (left + w > width || top + h > height) unreadable('outside its screen')
  const table = tableOf(bytes, flags) ?? screen.common ?? unreadable('no colours')
  const indexes = decode(bytes.byte(), blocks(bytes), w * h)
  const rgba = new Uint8Array(width * height * 4)
  const rows =
    flags & 0x40
      ? [
          [0, 8],
          [4, 8],
          [2, 4],
          [1, 2],
        ].flatMap(([first, step]) => Array.from({ length: Math.ceil((h - first!) / step!) }, (_, n) => first! + n * step!))
      : null
  for (let n = 0; n < indexes.length; n++) {
    const index = indexes[n]!
    if (index === clearIndex) continue
    if (index * 3 + 2 >= table.length) unreadable('colour outside the table')
    const line = Math.floor(n / w)
    const to = ((top + (rows?.[line] ?? line)) * width + left + (n % w)) * 4
    rgba.set([table[index * 3]!, table[index * 3 + 1]!, table[index * 3 + 2]!, 255], to)
  }
  return { width, height, rgba }
}

/** LZW with codes of at most 12 bits; stops at as many pixels as the head says. */
function decode(size: number, data: Uint8Array, pixels: number): Uint8Array {
  if (size < 2 || size > 8) unreadable('code size')
  const [clear, end] = [1 << size, (1 << size) + 1]
  const [before, last, lengths] = [new Uint16Array(4096), new Uint8Array(4096), new Uint16Array(4096)]
  for (let code = 0; code < clear; code++) {
    last[code] = code
    lengths[code] = 1
  }
  const out = new Uint8Array(pixels)
  let [done, next, width, held, bits, at] = [0, end + 1, size + 1, 0, 0, 0]
  let previous = -1
  const firstOf = (start: number): number => {
    let code = start
    while (lengths[code]! > 1) code = before[code]!
    return last[code]!
  }
  while (done < pixels) {
    while (bits < width) {
      if (at >= data.length) unreadable('ends early')
      held |= data[at++]! << bits
      bits += 8
    }
    const code = held & ((1 << width) - 1)
    held >>>= width
    bits -= width
    if (code === clear) {
      ;[next, width, previous] = [end + 1, size + 1, -1]
      continue
    }
    if (code === end || code > next || (previous === -1 && code >= clear)) unreadable('wrong code')
    if (previous !== -1 && next < 4096) {
      before[next] = previous
      lengths[next] = lengths[previous]! + 1
      last[next] = firstOf(code === next ? previous : code)
      next++
      if (next === 1 << width && width < 12) width++
    } else if (code >= next) unreadable('wrong code')
    // written from its end
    const length = lengths[code]!
    for (let n = length - 1, one = code; n >= 0; n--, one = before[one]!) if (done + n < pixels) out[done + n] = last[one]!
    done += length
    previous = code
  }
  return out
}
