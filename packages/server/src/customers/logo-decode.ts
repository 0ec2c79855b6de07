import jpeg from 'jpeg-js'
import { isBmp, readBmp } from './logo-bmp.ts'
import { isGif, readGif } from './logo-gif.ts'
import { assertSize, fit, mostPixels, PictureError, unreadable, type Picture } from './logo-picture.ts'
import { isPng, readPng, writePng } from './logo-png.ts'

/** As large as a console or a report ever shows it, twice for fine screens. */
const [mostWidth, mostHeight] = [640, 320]

const isJpeg = (bytes: Uint8Array): boolean => bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff

function readJpeg(file: Uint8Array): Picture {
  try {
    const { width, height, data } = jpeg.decode(file, {
      useTArray: true,
      formatAsRGBA: true,
      tolerantDecoding: false,
      maxResolutionInMP: mostPixels / 1_000_000,
      maxMemoryUsageInMB: 192,
    })
    assertSize(width, height)
    return { width, height, rgba: data }
  } catch (error) {
    if (error instanceof PictureError) throw error
    if (error instanceof Error && error.message.startsWith('maxResolutionInMP')) throw new PictureError('too-large', error.message)
    return unreadable('jpeg')
  }
}

/** What it is, its first bytes say. A picture written anew, with nothing of the file but its pixels. Runs in the capped worker. @throws PictureError */
export function redraw(file: Uint8Array): { png: Buffer; width: number; height: number } {
  const read = isPng(file)
    ? readPng
    : isJpeg(file)
      ? readJpeg
      : isGif(file)
        ? readGif
        : isBmp(file)
          ? readBmp
          : () => unreadable('neither PNG, JPEG, GIF nor BMP')
  const picture = fit(read(file), mostWidth, mostHeight)
  return { png: writePng(picture), width: picture.width, height: picture.height }
}
