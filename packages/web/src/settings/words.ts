import type { SettingValue } from '@vigie/domain/agents'
import { slotByKey, type SettingState } from '@vigie/domain/settings'
import type { Sign } from '../kit/index.ts'
import type { Speaker } from '../kit/text.tsx'

export const tones: Readonly<Record<SettingState, Sign | 'quiet' | 'good'>> = {
  effective: 'good',
  machine: 'quiet',
  'under-way': 'pending',
  waiting: 'pending',
  failed: 'action-required',
  drifted: 'warning',
  unsupported: 'quiet',
  'not-reported': 'quiet',
}

/** "Real-time scan: On", with the place where there are two. */
export function slotName(say: Speaker, key: string): string {
  const slot = slotByKey.get(key)
  if (!slot) return key
  const group = say(`setting-group.${slot.setting.group}`)
  // "Real-time scan: from On to Off" needs no second word for the switch
  const name =
    slot.setting.id === `${slot.setting.group}.enabled` ? group : say('settings.slot', { group, name: say(`setting.${slot.setting.id}`) })
  return slot.place === null ? name : say('settings.slot.at', { name, place: say(`setting-place.${slot.place}`) })
}

/** A value in the reader's words. */
export function valueWords(say: Speaker, key: string, value: SettingValue): string {
  const shape = slotByKey.get(key)?.setting
  if (typeof value === 'boolean') return say(value ? 'settings.on' : 'settings.off')
  if (Array.isArray(value)) return value.length === 0 ? say('settings.none') : value.join(', ')
  if (shape?.shape.kind === 'choice') return say(`setting-choice.${shape.id}.${value}`)
  return String(value)
}
