// Notifications in a corner of the page. Invariant: an error with a hint is never shown without it.

import { notifications } from '@mantine/notifications'
import { createElement } from 'react'
import type { Problem } from '../../../../sdk/api/problems.ts'
import { asErrorDocument } from '../api/client.ts'
import { ErrorText } from './error-text.tsx'

export function showSuccess(message: string): void {
  notifications.show({ message, color: 'teal' })
}

/** Reports a success during which something failed, with the problems. */
export function showWarning(title: string, problems: readonly Problem[]): void {
  const hint = problems.find((problem) => problem.hint !== undefined)?.hint
  notifications.show({
    title,
    message: createElement(ErrorText, {
      document: { title, status: 0, problems: [...problems], ...(hint !== undefined && { hint }) },
    }),
    color: 'yellow',
    autoClose: 12_000,
  })
}

/** Shows an API error with title, detail and hint. The sign-in page reports an expired session instead. */
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
