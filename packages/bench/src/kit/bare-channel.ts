import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { testCertificates } from '@vigie/lab/testing'
import { WebSocketServer } from 'ws'

/** The yardstick of P10, a program of its own: a TLS WebSocket server that does nothing but hold its connections. Prints where it listens, and its CA. */
const { ca, cert, key } = await testCertificates()
const https = createServer({ cert, key })
const sockets = new WebSocketServer({ server: https, perMessageDeflate: false, maxPayload: 1_048_576 })
sockets.on('connection', (socket) => socket.on('message', () => socket.send(answer)).on('error', () => {}))
/** As long as a welcome. */
const answer = 'x'.repeat(200)
https.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ url: `wss://127.0.0.1:${(https.address() as AddressInfo).port}/`, ca })))
process.on('SIGTERM', () => process.exit(0))
