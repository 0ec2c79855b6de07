/** R37: at most 4 Mpx, looked at before anything of that size is made. */
export const mostPixels = 4_000_000
const longestSide = 16_384

/** Why a picture is not taken; the words are told to the person (`logo.<reason>`). */
export class PictureError extends Error {
  readonly reason: 'unreadable' | 'too-large'
  constructor(reason: 'unreadable' | 'too-large', what: string) {
    super(what)
    this.reason = reason
  }
}
export const unreadable = (what: string): never => {
  throw new PictureError('unreadable', what)
}

/** Eight bits a channel, rows from the top, no padding. */
export interface Picture {
  width: number
  height: number
  rgba: Uint8Array
}

/** Before memory is asked for. @throws PictureError */
export function assertSize(width: number, height: number): void {
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) unreadable('no size')
  if (width > longestSide || height > longestSide || width * height > mostPixels)
    throw new PictureError('too-large', `${width} x ${height}`)
}

/** Reads past the end are the end of the file, and never something else's memory. */
export class Bytes {
  at = 0
  readonly all: Uint8Array
  constructor(all: Uint8Array) {
    this.all = all
  }
  byte(): number {
    const byte = this.all[this.at++]
    return byte === undefined ? unreadable('ends early') : byte
  }
  le16 = () => this.byte() | (this.byte() << 8)
  le32 = () => (this.le16() | (this.le16() << 16)) >>> 0
  be32 = () => ((this.byte() << 24) | (this.byte() << 16) | (this.byte() << 8) | this.byte()) >>> 0
  take(length: number): Uint8Array {
    if (this.at + length > this.all.length) unreadable('ends early')
    this.at += length
    return this.all.subarray(this.at - length, this.at)
  }
}

/** Smaller so that it fits, with its proportions; never larger. Each new pixel is the mean of the ones it stands for, weighed by how much of them shows. */
export function fit({ width, height, rgba }: Picture, mostWidth: number, mostHeight: number): Picture {
  const scale = Math.min(1, mostWidth / width, mostHeight / height)
  if (scale === 1) return { width, height, rgba }
  const [w, h] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))]
  const out = new Uint8Array(w * h * 4)
  for (let y = 0; y < h; y++) {
    const [top, bottom] = [Math.floor((y * height) / h), Math.max(Math.floor((y * height) / h) + 1, Math.floor(((y + 1) * height) / h))]
    for (let x = 0; x < w; x++) {
      const [left, right] = [Math.floor((x * width) / w), Math.max(Math.floor((x * width) / w) + 1, Math.floor(((x + 1) * width) / w))]
      let [r, g, b, a] = [0, 0, 0, 0]
      for (let v = top; v < bottom; v++) {
        for (let u = left; u < right; u++) {
          const from = (v * width + u) * 4
          const alpha = rgba[from + 3]!
          r += rgba[from]! * alpha
          g += rgba[from + 1]! * alpha
          b += rgba[from + 2]! * alpha
          a += alpha
        }
      }
      const to = (y * w + x) * 4
      if (a > 0) out.set([Math.round(r / a), Math.round(g / a), Math.round(b / a), Math.round(a / ((bottom - top) * (right - left)))], to)
    }
  }
  return { width: w, height: h, rgba: out }
}
