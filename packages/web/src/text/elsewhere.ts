/**
 * Keys of the shared texts that only mails, exported tables and the agent's own output say: the browser does not carry them (vite.config.ts). What an agent names in what it reports is said here
 * too: why it reaches nobody and how it is taken (the checker's problems, INV-2; a command's evidence, AGT-3), and how it is installed.
 */
export const elsewhere =
  /^(mail\.|column\.(?!state$)|agent\.(?!connection\.|install\.|status\.(connecting|waiting|unregistered|version-mismatch|refused|disabled|stopped|not-running)(\.|$)|error\.(parts|not-allowed)(\.|$)))/
