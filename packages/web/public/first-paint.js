// Before anything is drawn: theme and language as this browser last had them, so that nothing flashes.
;(function () {
  var root = document.documentElement
  var stored = function (key) {
    try {
      return localStorage.getItem(key)
    } catch {
      return null
    }
  }
  var theme = stored('vigie.theme')
  var dark = theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  root.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light')
  var locale = stored('vigie.locale') || (navigator.language || 'en').slice(0, 2)
  // Where the shell will be, its frame may stand already; sign-in and its kin have none.
  if (!/^\/(sign-in|setup|invitation|reset-password|forgot-password)/.test(location.pathname)) root.setAttribute('data-frame', '')
  root.lang = ['en', 'fr', 'ja'].indexOf(locale) < 0 ? 'en' : locale
})()
