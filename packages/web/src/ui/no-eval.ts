/**
 * R38: zod tries `new Function('')` to see whether it may compile its checks. It may not, and the attempt alone would be a CSP report. Said where zod looks for it when it comes, for it comes with the first
 * form only. First import of main.
 */
;(globalThis as { __zod_globalConfig?: { jitless: boolean } }).__zod_globalConfig = { jitless: true }
