import { fieldErrorsOf, Problem, type FieldError } from '@vigie/domain/kernel'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo, useRef, useState } from 'react'
import type * as z from 'zod'
import { errorAt, isEntryOf } from './errors.ts'

interface Options<Values extends object, Reply> {
  /** A form mirrors what the person sees; `submit` turns it into the API's shape (style.md §8). */
  initial: Values
  /** Checked before anything is sent, by the same shape the server uses; paths are those of the form's values. */
  shape?: z.ZodType | ((values: Values) => z.ZodType)
  /** @param intent one key for this submission and its retries; give it to `api().call` (`run(input, { intent })`) */
  submit(values: Values, intent: string): Promise<Reply>
  /** After success; the form counts as saved, so that leaving asks nothing. */
  onDone?(reply: Reply, values: Values): void
  /** Where the API names a field otherwise than the form: `{ 'account.email': 'email' }`. */
  rename?: Record<string, string>
}

/** `problem`: the server's refusal says more than its field's code, and is told at the field. */
export type ShownError = FieldError & { problem?: Problem }

export interface FormState<Values extends object> {
  values: Values
  set(path: string, value: unknown): void
  get(path: string): unknown
  errorAt(path: string): ShownError | undefined
  /** What concerns no field that is shown. */
  problem: unknown
  isDirty: boolean
  isBusy: boolean
  submit(): Promise<void>
  /** For wizards: checks only the fields below these paths. True: nothing wrong there. */
  check(paths: readonly string[]): boolean
  /** Back to what was there. */
  reset(values?: Values): void
  id: string
  /** Fields tell that they are on the page, so that an error of none of them is told above the button. */
  register(path: string): () => void
  hasField(path: string): boolean
  /** What was typed is saved, or about to be left on purpose: read at the moment of leaving, not at the last drawing. */
  isReleased(): boolean
  errors: readonly ShownError[]
}

let forms = 0

/** State of one form. Errors stand at their fields, whether our own check or the server found them. */
export function useForm<Values extends object, Reply>(options: Options<Values, Reply>): FormState<Values> {
  const client = useQueryClient()
  const [saved, setSaved] = useState(options.initial)
  const [values, setValues] = useState(options.initial)
  const [errors, setErrors] = useState<readonly ShownError[]>([])
  const [problem, setProblem] = useState<unknown>(null)
  const [isBusy, setBusy] = useState(false)
  const [, arrived] = useState(0)
  const isMounted = useRef(true)
  const running = useRef(false)
  const intent = useRef<string | null>(null)
  const released = useRef(false)
  const fields = useRef(new Map<string, number>())
  const [id] = useState(() => `form-${++forms}`)
  const isDirty = useMemo(() => JSON.stringify(values) !== JSON.stringify(saved), [values, saved])

  useEffect(() => {
    isMounted.current = true
    return () => {
      isMounted.current = false
    }
  }, [])

  const found = (): FieldError[] => {
    const shape = typeof options.shape === 'function' ? options.shape(values) : options.shape
    const parsed = shape?.safeParse(values)
    return parsed && !parsed.success ? fieldErrorsOf(parsed.error, values) : []
  }

  const show = (next: readonly ShownError[]) => {
    setErrors(next)
    if (next.length > 0) requestAnimationFrame(() => document.querySelector<HTMLElement>(`#${id} [aria-invalid="true"]`)?.focus())
  }

  // an entry of a list stands at the list's field
  const hasField = (path: string) => (fields.current.get(path) ?? fields.current.get(path.replace(/\.\d+$/, '')) ?? 0) > 0

  return {
    values,
    isDirty,
    isBusy,
    problem,
    errors,
    id,
    get: (path) => read(values, path),
    set: (path, value) => {
      intent.current = null // another content is another intent
      released.current = false
      setValues((present) => write(present, path, value))
      setErrors((present) => present.filter((error) => error.path !== path && !isEntryOf(path, error.path)))
    },
    errorAt: (path) => errorAt(errors, path),
    check: (paths) => {
      const wrong = found().filter((error) => paths.some((path) => error.path === path || error.path.startsWith(`${path}.`)))
      show(wrong)
      return wrong.length === 0
    },
    reset: (next = saved) => {
      setSaved(next)
      setValues(next)
      setErrors([])
      setProblem(null)
      intent.current = null
    },
    register: (path) => {
      fields.current.set(path, (fields.current.get(path) ?? 0) + 1)
      // A step that was opened because its field was refused: what stood above the button now stands at the field.
      if (problem !== null) arrived((count) => count + 1)
      return () => fields.current.set(path, (fields.current.get(path) ?? 1) - 1)
    },
    isReleased: () => released.current,
    hasField,
    submit: async () => {
      if (running.current) return
      const wrong = found()
      // a press that does nothing says at least where: what stands at no field of the page stands above the button
      setProblem(wrong.some((error) => !hasField(error.path)) ? new Problem('request.invalid') : null)
      show(wrong)
      if (wrong.length > 0) return
      running.current = true
      setBusy(true)
      intent.current ??= crypto.randomUUID()
      try {
        const reply = await options.submit(values, intent.current)
        intent.current = null
        if (isMounted.current) {
          setSaved(values)
          setErrors([])
        }
        void client.invalidateQueries()
        released.current = true
        options.onDone?.(reply, values)
      } catch (error) {
        if (!isMounted.current) return
        setProblem(error)
        if (error instanceof Problem) show(fieldsOf(error).map((field) => ({ ...field, path: options.rename?.[field.path] ?? field.path })))
      } finally {
        running.current = false
        if (isMounted.current) setBusy(false)
      }
    },
  }
}

/** Where the problem itself is about one field and says no more, it stands at that field. */
const fieldOfProblem: Partial<Record<Problem['code'], { path: string; code: string }>> = {
  'password.too-short': { path: 'password', code: 'password.too-short' },
  'password.breached': { path: 'password', code: 'password.breached' },
}
function fieldsOf(problem: Problem): readonly ShownError[] {
  if (problem.fields.length > 0)
    return problem.fields.map((field) => (field.code === 'invalid' && problem.code !== 'request.invalid' ? { ...field, problem } : field))
  const own = fieldOfProblem[problem.code]
  return own ? [own] : []
}

function read(values: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], values)
}
function write<T>(values: T, path: string, value: unknown): T {
  const [key, ...rest] = path.split('.') as [string, ...string[]]
  const copy = (Array.isArray(values) ? [...values] : { ...values }) as Record<string, unknown>
  copy[key] = rest.length === 0 ? value : write(copy[key] ?? {}, rest.join('.'), value)
  return copy as T
}
