import { assertSize, Bytes, unreadable, type Picture } from './logo-picture.ts'

export const isBmp = (bytes: Uint8Array): boolean => bytes[0] === 0x42 && bytes[1] === 0x4d

/** Windows bitmaps as programs of today write them: 1, 4, 8, 24 and 32 bits, not compressed (32 also with the usual masks). @throws PictureError */
export function readBmp(file: Uint8Array): Picture {
  const bytes = new Bytes(file)
  bytes.take(10)
  const start = bytes.le32()
  const headSize = bytes.le32()
  if (headSize < 40 || headSize > 124) unreadable('head')
  const width = bytes.le32() | 0
  const signedHeight = bytes.le32() | 0
  const height = Math.abs(signedHeight)
  bytes.take(2)
  const [depth, compression] = [bytes.le16(), bytes.le32()]
  bytes.take(12)
  const colourCount = bytes.le32()
  assertSize(width, height)
  if (![1, 4, 8, 24, 32].includes(depth) || (compression !== 0 && !(compression === 3 && depth === 32))) unreadable('compression')
  const table = depth <= 8 ? file.subarray(14 + headSize, 14 + headSize + 4 * Math.min(colourCount || 1 << depth, 1 << depth)) : null
  if (compression === 3) assertUsualMasks(new Bytes(file.subarray(54)))
  const lineBytes = Math.ceil((width * depth) / 32) * 4
  if (start < 14 + headSize || start + lineBytes * height > file.length) unreadable('ends early')
  const rgba = new Uint8Array(width * height * 4)
  let isAnyOpaque = false
  for (let y = 0; y < height; y++) {
    const from = start + (signedHeight > 0 ? height - 1 - y : y) * lineBytes
    for (let x = 0; x < width; x++) {
      const to = (y * width + x) * 4
      if (table !== null) {
        const index = (file[from + ((x * depth) >> 3)]! >> (8 - depth - ((x * depth) & 7))) & ((1 << depth) - 1)
        if (index * 4 + 2 >= table.length) unreadable('colour outside the table')
        rgba.set([table[index * 4 + 2]!, table[index * 4 + 1]!, table[index * 4]!, 255], to)
      } else {
        const pixel = from + (x * depth) / 8
        const alpha = depth === 32 ? file[pixel + 3]! : 255
        isAnyOpaque ||= alpha > 0
        rgba.set([file[pixel + 2]!, file[pixel + 1]!, file[pixel]!, alpha], to)
      }
    }
  }
  // most programs leave the fourth byte at zero and mean opaque
  if (depth === 32 && !isAnyOpaque) for (let at = 3; at < rgba.length; at += 4) rgba[at] = 255
  return { width, height, rgba }
}

function assertUsualMasks(masks: Bytes): void {
  const [red, green, blue] = [masks.le32(), masks.le32(), masks.le32()]
  if (red !== 0xff0000 || green !== 0xff00 || blue !== 0xff) unreadable('masks')
}
