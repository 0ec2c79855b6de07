import { useEffect, useRef } from 'react'
import css from './outbox.module.css'

/**
 * A mail's HTML, shut in: the frame runs no script, submits nothing, opens nothing by itself (R38). Our own content policy applies inside it too and refuses
 * style attributes as text, so they are set again as properties, which it allows; nothing else of the mail is touched.
 */
export function MailFrame({ html, title }: { html: string; title: string }) {
  const frame = useRef<HTMLIFrameElement>(null)
  useEffect(() => {
    const inner = frame.current?.contentDocument
    if (!inner) return
    // Renamed before anything parses it: as an attribute of that name it would be refused, and each refusal reported.
    const mail = new DOMParser().parseFromString(html.replaceAll(/\sstyle=(?=["'])/g, ' data-style='), 'text/html')
    for (const element of mail.querySelectorAll('script, style, iframe, object, embed, form, link, base, meta')) element.remove()
    const body = inner.importNode(mail.body, true)
    for (const element of [body, ...body.querySelectorAll<HTMLElement>('[data-style]')]) {
      element.style.cssText = element.dataset['style'] ?? ''
      delete element.dataset['style']
    }
    inner.body.replaceWith(body)
    for (const link of body.querySelectorAll('a')) {
      link.target = '_blank'
      link.rel = 'noopener noreferrer'
    }
    const fit = () => {
      if (frame.current) frame.current.style.height = `${Math.min(1600, inner.documentElement.scrollHeight + 2)}px`
    }
    fit()
    const watcher = new ResizeObserver(fit)
    watcher.observe(body)
    return () => watcher.disconnect()
  }, [html])
  return <iframe ref={frame} className={css.frame} title={title} sandbox="allow-same-origin allow-popups" />
}
