export { holderOf } from './addresses.ts'
export {
  handle,
  handleInSteps,
  handlePublic,
  handleStream,
  tenantOf,
  type Actor,
  type Context,
  type Handler,
  type Inputs,
  type Origin,
  type PublicContext,
  type StepsContext,
  type StreamContext,
} from './context.ts'
export { csv, csvCell } from './csv.ts'
export { exportPageSize, streamCsv } from './csv-stream.ts'
export { keyset, likePattern, Params, type Keyset, type SortColumn } from './keyset.ts'
export { decodeCursor, encodeCursor } from './pages.ts'
export { problemReply, speaker } from './problems.ts'
export { assertOwnOrigin, createHttp, sessionCookie, toProblem, type HttpOptions } from './server.ts'
export { assertVersion } from './versions.ts'
