import * as z from 'zod'

/** Of what kind of threat, where a figure can be asked for one alone (DSH-2: gateways). */
export const figureKinds = ['all', 'botnet', 'ips', 'web-reputation', 'virus'] as const
export const FigureKind = z.enum(figureKinds)
export type FigureKind = z.infer<typeof FigureKind>

/** The category whose records are of the kind; undefined: whatever category. */
export const categoryOfKind: Readonly<Record<FigureKind, string | undefined>> = {
  all: undefined,
  botnet: 'botnet',
  ips: 'ips',
  'web-reputation': 'web-reputation',
  virus: 'antivirus',
}
