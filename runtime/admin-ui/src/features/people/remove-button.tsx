// Takes a user or a token out of its list, once that is confirmed.

import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { PEOPLE_KEY } from '../../api/people.ts'
import { Confirm } from '../../components/confirm.tsx'
import { showError, showSuccess } from '../../components/notify.ts'

interface RemoveButtonProps {
  /** The visible words, and what they are about for who hears the page. */
  readonly words: string
  readonly label: string
  readonly question: { readonly title: string; readonly text: string; readonly answer: string }
  /** What is said when it is done. */
  readonly done: string
  readonly remove: () => Promise<unknown>
}

export function RemoveButton({ words, label, question, done, remove }: RemoveButtonProps) {
  const client = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const removal = useMutation({
    mutationFn: remove,
    onSuccess: () => showSuccess(done),
    onError: showError,
    onSettled: () => client.invalidateQueries({ queryKey: PEOPLE_KEY }),
  })
  return (
    <>
      <Button
        size="compact-sm"
        variant="subtle"
        color="red"
        aria-label={label}
        onClick={() => setAsking(true)}
      >
        {words}
      </Button>
      {isAsking && (
        <Confirm
          title={question.title}
          text={question.text}
          label={question.answer}
          isDangerous
          confirmed={() => removal.mutate()}
          close={() => setAsking(false)}
        />
      )}
    </>
  )
}
