import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { compileMessage } from '@lingui/message-utils/compileMessage'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'
import { plainDomain } from './plain-domain.ts'
import { elsewhere } from './src/text/elsewhere.ts'

const vendor = /node_modules[\\/](react|react-dom|scheduler|@tanstack|@mantine|@floating-ui|@lingui|clsx)[\\/]/
/** Not needed before somebody fills in a form. */
const onlyInForms =
  /@mantine[\\/]core[\\/]esm[\\/]components[\\/](Autocomplete|Checkbox|Combobox|FileButton|FileInput|InlineInput|PasswordInput|Pill|PillsInput|Radio|ScrollArea|SegmentedControl|Select|Switch|TagsInput|Textarea)[\\/]/
/** What the shell and nearly every screen need; what only some screens speak of stays with these, and so does what is as it is written (plain-domain.ts). */
const kit =
  /(web[\\/]src[\\/](kit|ui|shell|text)[\\/][^?]*|web[\\/]src[\\/][a-z]+[\\/]screens|domain[\\/]src[\\/](access|customers|kernel|live|products|views|figures[\\/](api|attention))[^?]*)\.(tsx?|css)$|preload-helper/
/** Chunks of their own, or with what asks for them. */
const ownChunks =
  /[Pp]alette|ui[\\/]styles|shell[\\/]Shortcuts|ViewDialog|ManyDialog|AdministrationPage|kit[\\/]form[\\/]([a-z]+-fields?|Wizard|index)|kit[\\/]index|text[\\/](en|fr|ja)/

/** Sheets of which the first screens say nothing before the rest is there (web/src/text/load.ts). */
const laterSheets =
  /(web[\\/]src[\\/]text[\\/](?!access|events|home|kit|shell)|domain[\\/]src[\\/]text[\\/](?!access|agent|commands|common|events|problems|products))/
/** Those that only the dashboard speaks from. */
const homeSheets = /(web[\\/]src[\\/]text[\\/](dashboard|widgets)|domain[\\/]src[\\/]text[\\/]figures)[\\/]/
/** And of the others' keys those that explain, administer, or need a click first. */
const laterKeys = new RegExp(
  [
    /^access\.(accounts|business|column|disable|enable|invite|mail-sent|primary|remove|resend|scope|self|session|sessions|told|transfer)\b/,
    /^kit\.many\./,
    /^shell\.(palette|keys)\b/,
    /^events\.(assign|bulk|comment|reset|resolve|silence)\b/,
    /^(activity|agent|check|column|event-step|figure-name|index-from|silence-end|engine-problem|agent-gap|permission|index|command-reason|evidence|site-problem)\./,
    /^condition\..+\.(explain|next)$/,
    /^(category|command|product-type|scope-target)\..+\.about$/,
    /^agent-state\..+\.(cause|remedy)$/,
    /^problem\.(?!event|link|mfa|password|permission|request|route|server|session|setup|sign-in)/,
  ]
    .map(({ source }) => source)
    .join('|'),
)

/** And of the rest those that no screen says as it opens: why something was refused, what an event means, the palette. */
const lastKeys = /^(problem|kit\.many|shell\.(palette|keys))\.|^condition\..+\.(explain|next)$/

/** Which part of the catalogue a key comes with (web/src/text/load.ts); null: the browser never says it. */
export function partOf(file: string, key: string): 'first' | 'rest' | 'last' | 'home' | null {
  if (elsewhere.test(key)) return null
  if (homeSheets.test(file)) return 'home'
  if (!laterSheets.test(file) && !laterKeys.test(key)) return 'first'
  return lastKeys.test(key) ? 'last' : 'rest'
}
/** As a tree, `problem: { event: { … } }`: keys begin alike, and written whole they were a third of the weight. `''` has what the way there itself says. */
export function treeOf(entries: [key: string, message: unknown][]) {
  type Tree = { [word: string]: unknown }
  const root: Tree = {}
  for (const [key, message] of entries) {
    const words = key.split('.')
    const last = words.pop()!
    const place = words.reduce((tree, word) => {
      const below = tree[word]
      return (tree[word] = below === undefined ? {} : isTree(below) ? below : { '': below }) as Tree
    }, root)
    if (isTree(place[last])) place[last][''] = message
    else place[last] = message
  }
  return root
  function isTree(value: unknown): value is Tree {
    return typeof value === 'object' && !Array.isArray(value)
  }
}

/** The catalogues as the browser needs them: messages compiled (the compiler stays here), in parts (`?first`, `?rest`, `?last`, `?home`), without what is said elsewhere. */
const texts: Plugin = {
  name: 'texts',
  enforce: 'pre',
  load: (id) => {
    const [, part] = /[\\/]text[\\/][a-z]+[\\/](?:en|fr|ja)\.json\?(first|rest|last|home)$/.exec(id) ?? []
    if (part === undefined) return null
    const file = id.slice(0, id.indexOf('?'))
    const sheet = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>
    const kept = Object.entries(sheet).filter(([key]) => partOf(file, key) === part)
    return { code: `export default ${JSON.stringify(treeOf(kept.map(([key, message]) => [key, compiled(message)])))}`, moduleType: 'js' }
  },
}
/** Plain words stay a string: half the size of a list of one. */
function compiled(message: string) {
  const parts = compileMessage(message)
  return Array.isArray(parts) && parts.every((part) => typeof part === 'string') ? parts.join('') : parts
}

/** 5 kB of zod that writes JSON schemas, for nobody in a browser. Its functions stay, and do nothing. */
const withoutJsonSchema: Plugin = {
  name: 'without-json-schema',
  enforce: 'pre',
  load: (id) => {
    if (!/zod[\\/]v4[\\/]core[\\/](to-json-schema|json-schema-processors)\.js$/.test(id)) return null
    const source = readFileSync(id, 'utf8')
    const names = [...source.matchAll(/^export (?:const|function) (\w+)/gm)].map(([, name]) => `export const ${name} = () => () => {}`)
    const renamed = [...source.matchAll(/^export \{ (\w+) as (\w+) \};/gm)].map(([, own, name]) => `export { ${own} as ${name} }`)
    return [...names, ...renamed].join('\n')
  },
}

/** Asks for the Latin face of Inter together with the first script, so that the first words are drawn in it and nothing shifts. */
const preloadFont: Plugin = {
  name: 'preload-font',
  transformIndexHtml: {
    order: 'post',
    handler: (_, { bundle }) =>
      Object.keys(bundle ?? {})
        .filter((name) => /inter-latin-wght-normal.*\.woff2$/.test(name))
        .map((name) => ({
          tag: 'link',
          attrs: { rel: 'preload', as: 'font', type: 'font/woff2', href: `/${name}`, crossorigin: true },
          injectTo: 'head' as const,
        })),
  },
}

/** The one script that is no module is not hashed by the bundler, yet the server lets browsers keep files for a year: its content goes into its address. */
const stampFirstPaint: Plugin = {
  name: 'stamp-first-paint',
  transformIndexHtml: (html) => {
    const stamp = createHash('sha256')
      .update(readFileSync(new URL('public/first-paint.js', import.meta.url)))
      .digest('hex')
      .slice(0, 10)
    return html.replace('/first-paint.js', `/first-paint.js?${stamp}`)
  },
}

/** The server sends what is packed here (`preCompressed`): a quarter of the bytes on a real network, and no work at each request. */
const packed: Plugin = {
  name: 'packed',
  apply: 'build',
  writeBundle: ({ dir }, bundle) => {
    for (const name of Object.keys(bundle).filter((file) => /\.(js|css|html|svg)$/.test(file))) {
      const bytes = readFileSync(`${dir}/${name}`)
      writeFileSync(`${dir}/${name}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }))
      writeFileSync(`${dir}/${name}.gz`, gzipSync(bytes, { level: 9 }))
    }
  },
}

/**
 * R38: what comes out runs under `default-src 'self'` without any `unsafe-*`: no inline script or style, no data: scripts; small files stay
 * files (`assetsInlineLimit: 0`). The development server is the exception: its hot reload needs inline code, and it never serves anybody.
 */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react(), texts, plainDomain, withoutJsonSchema, preloadFont, stampFirstPaint, packed],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    manifest: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // One sheet, and two scripts that every screen needs: a first load is four requests, not thirty. Screens are chunks of their own.
    cssCodeSplit: false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'zod', test: /node_modules[\\/]zod[\\/]/, priority: 4 },
            { name: 'vendor', test: (id) => vendor.test(id) && !onlyInForms.test(id), priority: 3 },
            { name: 'kit', test: (id) => kit.test(id) && !ownChunks.test(id), priority: 2, includeDependenciesRecursively: false },
          ],
        },
      },
    },
  },
  server: {
    port: 5173,
    proxy: { '/api': { target: process.env['VIGIE_PUBLIC_URL'] ?? 'http://127.0.0.1:8080', changeOrigin: true } },
  },
})
