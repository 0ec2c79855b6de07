// Imported before anything else by what we run in a session of its own: npm does not pass SIGTERM on, and nobody can pass SIGKILL on. Who loses the
// process that started it ends too, as if it had been told to.
const parent = process.ppid
const timer = setInterval(() => {
  if (process.ppid === parent) return
  clearInterval(timer)
  process.kill(process.pid, 'SIGTERM')
}, 500)
timer.unref()
