/**
 * Preloaded into a measured process beside --expose-gc: collects on SIGUSR2, so that memory is what is held and not what waits to be collected. The same is
 * loaded into the yardstick.
 */
process.on('SIGUSR2', () => {
  globalThis.gc?.()
  setTimeout(() => globalThis.gc?.(), 200)
})
