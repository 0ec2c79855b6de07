import type { SettingValue } from '@vigie/domain/agents'
import { Problem } from '@vigie/domain/kernel'
import { checkValues, settingsApi, type Change, type SettingsAt } from '@vigie/domain/settings'
import { confirm, query, toast, useAction, useText } from '../kit/index.ts'
import type { Speaker } from '../kit/text.tsx'
import { slotName, valueWords } from './words.ts'

/** Where one looks: a customer, a product, or one of its groups. */
export type Place = { customerId: string } | { productId: string; group?: string | undefined }

export const settingsOf = (place: Place) =>
  'customerId' in place
    ? query(settingsApi.getCustomerSettings).with({ params: { customerId: place.customerId } })
    : query(settingsApi.getProductSettings).with({
        params: { productId: place.productId },
        query: place.group ? { group: place.group } : {},
      })

/** Null: inherit again. */
export type Draft = Readonly<Record<string, SettingValue | null>>

/** What is typed, as it would be sent: lists without empty lines. */
export const tidied = (draft: Draft): Draft =>
  Object.fromEntries(
    Object.entries(draft).map(([key, value]) => [key, Array.isArray(value) ? value.map((line) => line.trim()).filter(Boolean) : value]),
  )

/** Words for what does not fit, by key. */
export function errorsOf(draft: Draft, say: Speaker): Record<string, string> {
  const { errors } = checkValues(Object.fromEntries(Object.entries(tidied(draft)).filter(([, value]) => value !== null)))
  const found: Record<string, string> = {}
  for (const { path, code, values } of errors) {
    const [, key, line] = /^values\.(.+?)(?:\.(\d+))?$/.exec(path)!
    const words = say.has(`field.${code}`) ? say(`field.${code}`, values) : say('field.invalid')
    found[key!] ??= line === undefined ? words : say('settings.line', { line: Number(line) + 1, words })
  }
  return found
}

/** What a change makes weaker, in words; then does it again with the person's word on it (R16). */
export function askAboutWeaker(say: Speaker, problem: Problem, run: () => Promise<unknown>): void {
  const changes = (problem.data['changes'] ?? []) as Change[]
  const list = changes
    .slice(0, 6)
    .map(({ key, from, to }) =>
      say('settings.weaker.line', { setting: slotName(say, key), from: valueWords(say, key, from), to: valueWords(say, key, to) }),
    )
    .join(' ')
  confirm({
    title: 'settings.weaker',
    consequence: { text: list },
    undo: 'settings.weaker.undo',
    action: 'settings.weaker.confirm',
    isDangerous: true,
    run,
  })
}

/** @returns whether it was sent; what weakens is asked about first. Throws what else the server answered */
export function useSaveSettings(place: Place) {
  const say = useText()
  const product = useAction(settingsApi.changeProductSettings)
  const customer = useAction(settingsApi.changeCustomerSettings)
  const send = (values: Draft, version: number, confirmWeaker: boolean): Promise<SettingsAt> => {
    const body = { values: values as Record<string, SettingValue | null>, confirmWeaker }
    return 'customerId' in place
      ? customer.run({ params: { customerId: place.customerId }, body }, { version })
      : product.run({ params: { productId: place.productId }, query: place.group ? { group: place.group } : {}, body }, { version })
  }
  const save = async (draft: Draft, version: number, done: () => void): Promise<void> => {
    const values = tidied(draft)
    try {
      await send(values, version, false)
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'setting.weakens') throw error
      askAboutWeaker(say, error, async () => {
        await send(values, version, true)
        done()
        toast('settings.saved')
      })
      return
    }
    done()
    toast('settings.saved')
  }
  return { save, isRunning: product.isRunning || customer.isRunning }
}
