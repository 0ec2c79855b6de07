import * as z from 'zod'

// R38: zod tries `new Function('')` to see whether it may compile its checks. It may not, and the attempt alone would be a CSP report. First import of main.
z.config({ jitless: true })
