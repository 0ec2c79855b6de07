import { useRouter } from '@tanstack/react-router'
import { accessApi } from '@vigie/domain/access'
import { api } from './api.ts'
import { paths } from './paths.ts'
import { queryClient } from './query.ts'

/** Ends this session and forgets everything that was shown. */
export function useSignOut() {
  const router = useRouter()
  return () =>
    void api(accessApi.signOut)
      .call({})
      .catch(() => null)
      .then(() => {
        queryClient.clear()
        return router.navigate({ href: paths.signIn() })
      })
}
