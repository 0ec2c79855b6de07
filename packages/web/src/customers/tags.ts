import { customersApi } from '@vigie/domain/customers'
import { query } from '../kit/index.ts'

/** What is in use, to filter by and to choose again: scopes go by tags (ACC-14), and one that was typed otherwise is another. */
export const tagsInUse = query(customersApi.listTags).with({})
