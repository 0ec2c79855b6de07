import { lazy, type ComponentType } from 'react'
import { bringPart } from './anew.ts'

/**
 * A tab or dialog in a chunk of its own, fetched when it is first drawn: a page with many tabs carries the one that is open. Draw it inside a `Part`, which shows bars
 * meanwhile. @param name of the export
 */
export const lazily = <Module, Name extends keyof Module>(load: () => Promise<Module>, name: Name) =>
  lazy(async () => ({ default: (await bringPart(load))[name] as ComponentType<PropsOf<Module[Name]>> }))
type PropsOf<Component> = Component extends (props: infer Props) => unknown ? Props : never
