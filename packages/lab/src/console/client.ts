import { accessApi } from '@vigie/domain/access'
import { customersApi } from '@vigie/domain/customers'
import type { AnyRoute, BodyInputOf, Locale, ParamsOf, QueryInputOf, ReplyOf } from '@vigie/domain/kernel'
import { productsApi } from '@vigie/domain/products'
import { type Enrolment, inTurn } from '../agents/index.ts'

/** An answer of the console's API that is not 2xx. */
export class ApiRefused extends Error {
  override readonly name = 'ApiRefused'
  readonly status: number
  readonly code: string
  constructor(route: string, status: number, code: string, detail: string) {
    super(`${route}: ${status} ${code} ${detail}`.trim())
    this.status = status
    this.code = code
  }
}

interface Input<R extends AnyRoute> {
  params?: ParamsOf<R>
  query?: QueryInputOf<R>
  body?: BodyInputOf<R>
  headers?: Record<string, string>
}

/** Speaks the console's API as a browser does: session cookie, same origin. */
export class ConsoleClient {
  readonly #url: string
  #cookies = new Map<string, string>()
  /** Signs in anew when the session is over (30 idle minutes, 12 hours); null: a call is refused then. */
  renew: (() => Promise<void>) | null = null

  /** @param url `http://host:port` */
  constructor(url: string) {
    this.#url = url.replace(/\/$/, '')
  }

  async call<R extends AnyRoute>(route: R, input: Input<R> = {}): Promise<ReplyOf<R>> {
    try {
      return await this.#ask(route, input)
    } catch (error) {
      const { renew } = this
      if (renew === null || !(error instanceof ApiRefused) || error.code !== 'session.missing') throw error
      this.renew = null // what it calls is not renewed
      try {
        await renew()
      } finally {
        this.renew = renew
      }
      return await this.#ask(route, input)
    }
  }

  async #ask<R extends AnyRoute>(route: R, input: Input<R>): Promise<ReplyOf<R>> {
    const params = (input.params ?? {}) as Record<string, string>
    const path = route.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''))
    const query = new URLSearchParams(
      Object.entries((input.query ?? {}) as Record<string, unknown>).map(([name, value]) => [name, String(value)]),
    ).toString()
    const body = input.body === undefined ? undefined : JSON.stringify(input.body)
    const response = await fetch(`${this.#url}/api${path}${query === '' ? '' : `?${query}`}`, {
      method: route.method,
      redirect: 'error',
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(this.#cookies.size === 0 ? {} : { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ') }),
        origin: this.#url,
        'sec-fetch-site': 'same-origin',
        ...input.headers,
      },
      ...(body === undefined ? {} : { body }),
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=;]+)=([^;]*)/.exec(line) ?? []
      this.#cookies.set(name, value)
    }
    const text = await response.text()
    const reply: unknown = text === '' ? null : response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text
    if (!response.ok)
      throw new ApiRefused(
        route.id,
        response.status,
        String((reply as { code?: unknown } | null)?.code ?? ''),
        JSON.stringify((reply as { fields?: unknown } | null)?.fields ?? ''),
      )
    return reply as ReplyOf<R>
  }

  /** The first set-up of a fresh installation; signs in. @param setupLink as the server printed it */
  async setUp(
    setupLink: string,
    account: { businessName: string; email: string; password: string },
    { firstName, lastName, locale, timeZone }: { firstName: string; lastName: string; locale: Locale; timeZone: string } = {
      firstName: 'Lab',
      lastName: 'Owner',
      locale: 'en',
      timeZone: 'UTC',
    },
  ): Promise<void> {
    const token = new URL(setupLink).hash.slice(1)
    await this.call(accessApi.completeSetup, { body: { token, ...account, firstName, lastName, locale, timeZone } })
  }

  /** For a browser that shall be signed in as this client is. */
  cookies(): { name: string; value: string }[] {
    return [...this.#cookies].map(([name, value]) => ({ name, value }))
  }

  /** Goes on as whoever this session cookie is. */
  become(cookie: { name: string; value: string }): void {
    this.#cookies.set(cookie.name, cookie.value)
  }

  async signIn(email: string, password: string): Promise<void> {
    await this.call(accessApi.signIn, { body: { email, password } })
  }
}

/**
 * Makes what N simulated agents need: customers with one product an agent, and a key for each. Products are shared out evenly; a GUID registers one
 * installation (PRD-2).
 */
export async function provision(
  console: ConsoleClient,
  options: { agents: number; customers?: number; series?: string; concurrency?: number },
): Promise<Enrolment[]> {
  const { agents, customers: customerCount = Math.max(1, Math.ceil(agents / 20)), series = 'a', concurrency = 8 } = options
  const customers: string[] = []
  await inTurn(concurrency, Array.from({ length: customerCount }), async (_, index) => {
    const { customer } = await console.call(customersApi.createCustomer, {
      body: {
        profile: { company: `Lab ${series} ${String(index).padStart(4, '0')} (simulated)`, country: 'FR' },
        account: { accountId: `lab-${series}-${index}`, timeZone: 'Europe/Paris', locale: 'fr' },
        contact: { firstName: 'Lab', lastName: String(index), email: `lab-${series}-${index}@example.com`, locale: 'fr' },
      },
    })
    customers.push(customer.id)
  })
  const enrolments: Enrolment[] = []
  await inTurn(concurrency, Array.from({ length: agents }), async (_, index) => {
    const product = await console.call(productsApi.createProduct, {
      params: { customerId: customers[index % customers.length]! },
      body: { typeId: 'clamav-endpoint', description: `Lab${index}` },
    })
    const { guid, key } = await console.call(productsApi.issueKey, { params: { productId: product.id } })
    enrolments.push({ guid, key })
  })
  return enrolments
}
