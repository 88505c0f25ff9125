// What happened, said in a corner of the page. Invariant: an error is never shown without its hint when it has one.

import { notifications } from '@mantine/notifications'
import { createElement } from 'react'
import { asErrorDocument } from '../api/client.ts'
import { ErrorText } from './error-text.tsx'

export function showSuccess(message: string): void {
  notifications.show({ message, color: 'teal' })
}

/** Shows an API error with title, detail and hint. An expired session is said by the sign-in page instead. */
export function showError(error: unknown): void {
  const document = asErrorDocument(error)
  if (document.status === 401) return
  notifications.show({
    id: `${document.status}:${document.code ?? document.title}:${document.detail ?? ''}`,
    title: document.title,
    message: createElement(ErrorText, { document }),
    color: 'red',
    autoClose: 12_000,
  })
}
