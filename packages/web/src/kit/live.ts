import type { QueryClient } from '@tanstack/react-query'
import { accessApi } from '@vigie/domain/access'
import { Problem } from '@vigie/domain/kernel'
import { createPacer, type LiveKind, type PaceClock } from '@vigie/domain/live'
import { useSyncExternalStore } from 'react'
import { api } from './api.ts'

/** Which answers a change touches: the first part of route ids. Counters ride along (a customer carries its events' count). */
const touches: Record<LiveKind, readonly string[]> = {
  event: ['events', 'customers', 'products', 'figures'],
  product: ['settings', 'products', 'customers', 'figures', 'sites', 'agents', 'moves', 'switches', 'agent-versions', 'licences'],
  endpoint: ['settings', 'endpoints', 'customers', 'products', 'figures', 'duplicates', 'merges', 'licences'],
  command: ['settings', 'commands', 'events', 'endpoints', 'products'],
  detection: ['detections', 'events', 'endpoints'],
  customer: ['settings', 'urls', 'templates', 'customers', 'contacts', 'figures', 'indexes'],
  delivery: ['deliveries'],
  account: ['accounts', 'session', 'me', 'business', 'dashboard'],
  order: ['orders', 'agent-versions'],
  alert: ['alerts', 'outbreak-rules'],
  maintenance: ['maintenance', 'events'],
}

/** A figure is counted again this often at most, however much happens (DSH-3). */
const figuresEveryMs = 4_000

const browserClock: PaceClock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

type LiveState = 'connecting' | 'live' | 'lost'
let state: LiveState = 'connecting'
const listeners = new Set<() => void>()
function tell(next: LiveState) {
  if (state === next) return
  state = next
  for (const listener of listeners) listener()
}
export const useLiveState = (): LiveState =>
  useSyncExternalStore(
    (listener) => (listeners.add(listener), () => listeners.delete(listener)),
    () => state,
  )

/**
 * EVT-8: what the server says changed is asked for again, if it is on the screen, at a measured pace (`createPacer`); after a break everything is asked for again (`resync`), so nothing is missed.
 *
 * `bye` ends the line of a session that ended, and also of one that got a new token meanwhile (R32: one's own change of password or second factor): the server is asked which. Whoever is
 * signed out is led to sign in by that very question (`whenSessionEnds`), whoever is not goes on.
 * @returns how to stop
 */
export function followLive(client: QueryClient): () => void {
  let source: EventSource | null = null
  let retry: ReturnType<typeof setTimeout> | undefined
  let moved = new Set<LiveKind>()
  let figuresTimer: ReturnType<typeof setTimeout> | undefined
  let figuresAt = 0
  let failures = 0
  let isStopped = false
  let hasBeenLive = false

  const pacer = createPacer({
    clock: browserClock,
    isLookedAt: () => !document.hidden,
    run: (names) =>
      client.invalidateQueries({ predicate: ({ queryKey }) => names.has('*') || names.has(String(queryKey[0]).split('.')[0]!) }),
  })
  const { touch } = pacer
  document.addEventListener('visibilitychange', pacer.look)
  /** Figures say themselves what they follow (`meta.follows`): those that what changed concerns, all of them in one go. */
  const move = (kind: LiveKind) => {
    moved.add(kind)
    figuresTimer ??= setTimeout(
      () => {
        figuresTimer = undefined
        figuresAt = Date.now()
        const now = moved
        moved = new Set()
        void client.invalidateQueries({
          predicate: ({ meta }) => (meta?.['follows'] as readonly LiveKind[] | undefined)?.some((one) => now.has(one)) ?? false,
        })
      },
      Math.max(200, figuresAt + figuresEveryMs - Date.now()),
    )
  }
  const connect = () => {
    if (isStopped) return
    source = new EventSource(`/api/v1/live${hasBeenLive ? '' : `?awayMs=${ageOf(client)}`}`)
    source.addEventListener('open', () => {
      failures = 0
      tell('live')
    })
    source.addEventListener('change', (event) => {
      const kind = String(said(event)['kind'])
      // A newer server's kind is not known here: then everything may have changed.
      touch(isKind(kind) ? touches[kind] : ['*'])
      if (isKind(kind)) move(kind)
    })
    source.addEventListener('resync', (event) => {
      hasBeenLive = true
      // what changed while the page was being loaded follows by itself, where the server knows it
      if (said(event)['isCovered'] !== true) touch(['*'])
    })
    source.addEventListener('bye', () => {
      source?.close()
      api(accessApi.getMe)
        .call({})
        .then(connect, (error: unknown) => (error instanceof Problem && error.kind.status === 401 ? stop() : connectLater()))
    })
    source.addEventListener('error', connectLater)
  }
  const connectLater = () => {
    source?.close()
    if (isStopped) return
    failures += 1
    if (failures > 1) tell('lost')
    retry = setTimeout(connect, Math.min(15_000, 500 * 2 ** failures) * (0.75 + Math.random() / 2))
  }
  const stop = () => {
    isStopped = true
    source?.close()
    pacer.stop()
    document.removeEventListener('visibilitychange', pacer.look)
    clearTimeout(retry)
    clearTimeout(figuresTimer)
  }
  connect()
  return stop
}

/** How long ago the oldest of what is shown was read, ms. */
function ageOf(client: QueryClient): number {
  const read = client
    .getQueryCache()
    .getAll()
    .map(({ state: { dataUpdatedAt } }) => dataUpdatedAt)
    .filter((at) => at > 0)
  return Math.ceil(Math.max(0, Date.now() - Math.min(Date.now(), ...read)))
}

const isKind = (text: string): text is LiveKind => Object.hasOwn(touches, text)
/** What it carries (`LiveMessage`, `Resync`), read without the shapes: those come with the first form. Nothing of what is no object. */
function said(event: Event): Record<string, unknown> {
  try {
    return Object(JSON.parse((event as MessageEvent<string>).data)) as Record<string, unknown>
  } catch {
    return {}
  }
}
