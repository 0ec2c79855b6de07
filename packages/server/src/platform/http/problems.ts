import { Problem, type FieldError, type Locale, type ProblemCode, problems } from '@vigie/domain/kernel'
import { translator, type Translator } from '@vigie/domain/text'

const translators = new Map<Locale, Translator>()
export function speaker(locale: Locale): Translator {
  let translate = translators.get(locale)
  if (!translate) translators.set(locale, (translate = translator(locale)))
  return translate
}

/** RFC 9457, `application/problem+json`. Says nothing about our insides (R38). */
export interface ProblemReply {
  type: string
  title: string
  status: number
  code: ProblemCode
  remedy: string
  retry: boolean
  fields: (FieldError & { message: string })[]
  data: Record<string, unknown>
}

export function problemReply(problem: Problem, locale: Locale): ProblemReply {
  const say = speaker(locale)
  const kind = problems[problem.code]
  const values = Object.fromEntries(
    Object.entries(problem.data).filter((entry): entry is [string, string | number] => ['string', 'number'].includes(typeof entry[1])),
  )
  return {
    type: `urn:vigie:problem:${problem.code}`,
    title: say(`problem.${problem.code}`, values),
    status: kind.status,
    code: problem.code,
    remedy: say(kind.remedy, values),
    retry: kind.retry,
    fields: problem.fields.map((field) => ({ ...field, message: say(`field.${field.code}`, field.values) })),
    data: problem.data,
  }
}
