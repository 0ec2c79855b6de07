import { main } from './cli/main.ts'

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code
  // Whatever is still open (a socket that lingers) must not keep an ended tool alive.
  setTimeout(() => process.exit(code), 2_000).unref()
})
