import { parentPort, workerData } from 'node:worker_threads'
import { redraw } from './logo-decode.ts'
import { PictureError } from './logo-picture.ts'

/** One picture, then the end. What went wrong is a word; nothing of the file comes back but pixels. */
try {
  const { png, width, height } = redraw(workerData as Uint8Array)
  parentPort!.postMessage({ png: new Uint8Array(png), width, height })
} catch (error) {
  parentPort!.postMessage({ reason: error instanceof PictureError ? error.reason : 'unreadable' })
}
