export { testCertificates } from './certificates.ts'
export { startPeer } from './peer.ts'
