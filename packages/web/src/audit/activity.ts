import { activityText, categoryText } from '@vigie/domain/audit'
import type { Translator } from '@vigie/domain/text'
import type { Speaker } from '../kit/text.tsx'

/** The domain's rules for words without a text of their own; the console's speaker speaks the same way as its translator. */
const translator = (say: Speaker) => say as unknown as Translator

export const activity = (say: Speaker, name: string): string => activityText(translator(say), name)
export const category = (say: Speaker, name: string): string => categoryText(translator(say), name)
