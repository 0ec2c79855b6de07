import { main } from './cli/main.ts'

// `vigie-agent check | head`: who reads no further is no fault of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code
  // Whatever is still open (a socket that lingers) must not keep an ended tool alive.
  setTimeout(() => process.exit(code), 2_000).unref()
})
