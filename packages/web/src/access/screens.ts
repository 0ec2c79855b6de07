import { screen } from '../kit/screen.ts'

export const screens = [
  screen('/setup', () => import('./SetupPage.tsx'), { isPublic: true }),
  screen('/sign-in', () => import('./SignInPage.tsx'), { isPublic: true }),
  screen('/sign-in/code', () => import('./SecondFactorPage.tsx'), { isPublic: true }),
  screen('/sign-in/enrol', () => import('./EnrolPage.tsx'), { isPublic: true }),
  screen('/forgot-password', () => import('./ForgotPasswordPage.tsx'), { isPublic: true }),
  screen('/reset-password', () => import('./ResetPasswordPage.tsx'), { isPublic: true }),
  screen('/invitation', () => import('./InvitationPage.tsx'), { isPublic: true }),
  screen('/account', () => import('./MyAccountPage.tsx')),
  screen('/account/second-factor', () => import('./SecondFactorSetupPage.tsx')),
  screen('/administration/accounts', () => import('./AccountsPage.tsx')),
  screen('/administration/accounts/invite', () => import('./InvitePage.tsx')),
  screen('/administration/business', () => import('./BusinessPage.tsx')),
]
