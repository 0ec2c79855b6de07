/** As V8 takes it (`--expose-gc`): its last resort also gives back what it kept for later. */
type Collect = (options: { type: 'major'; execution: 'sync'; flavor: 'last-resort' }) => void

/**
 * Preloaded into a measured process beside --expose-gc: collects on SIGUSR2, so that memory is what is held and not what waits to be collected. The same is
 * loaded into the yardstick.
 */
process.on('SIGUSR2', () => {
  const collect = globalThis.gc as unknown as Collect | undefined
  collect?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
})
