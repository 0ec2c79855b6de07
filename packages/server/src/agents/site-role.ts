import { productTypeById } from '@vigie/connectors/products'

/** AGT-8: the type's own agent may carry those of its site; a site's endpoint never does. */
export const isSiteServer = ({ role, typeId }: { role: 'own' | 'endpoint'; typeId: string }): boolean =>
  role === 'own' && productTypeById.get(typeId)?.isSiteServer === true
