import type { Address } from '../kit/index.ts'

/** Worst first, of these the newest: what came in the night stands on top. With past ones too: the newest, however bad they were. */
export const orderOf = ({ search }: Pick<Address, 'search'>): string =>
  search['state']?.split(',').includes('resolved') ? '-openedAt' : '-severity'
