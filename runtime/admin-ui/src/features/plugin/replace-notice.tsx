// Asks whether a plugin may take the place of another one. Nothing of the other is its own before.

import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import type { Installation } from '../../../../../sdk/api/plugins.ts'
import { usePluginChange } from '../../api/mutations.ts'
import { replace } from '../../api/plugins.ts'
import { Confirm } from '../../components/confirm.tsx'
import { Icon } from '../../components/icons.tsx'
import { Only } from '../../components/only.tsx'
import { t } from '../../languages/text.ts'

export function ReplaceNotice({ plugin }: { readonly plugin: Installation }) {
  const open = (plugin.replaces ?? []).filter(({ state }) => state === 'open')
  const take = usePluginChange((from: string) => replace(plugin.id, from), {
    done: (after, from) =>
      after.problem ? null : t('"{name}" has taken the place of "{from}"', { name: after.name, from }),
  })
  const [wanted, setWanted] = useState<string | null>(null)
  if (open.length === 0) return null
  return (
    <>
      {wanted !== null && (
        <Confirm
          title={t('Give "{name}" the place of "{id}"?', { name: plugin.name, id: wanted })}
          text={t(
            'The data, settings and secrets of "{id}" become those of "{heir}", and "{id}" is uninstalled.',
            {
              id: wanted,
              heir: plugin.id,
            },
          )}
          label={t('Give it the place')}
          confirmed={() => take.mutate(wanted)}
          close={() => setWanted(null)}
        />
      )}
      <Alert
        color="orange"
        icon={<Icon name="info" />}
        title={t('It asks to take the place of another plugin')}
      >
        <Stack gap="sm">
          <Text size="sm">
            {t(
              'It would get everything that the other plugin has stored, its settings and secrets, and what you allowed it, as far as it asks for that. The other plugin is uninstalled then. Allow this only if you know that both are by the same author. If you allow its permissions below instead, it runs beside the other, without anything of it.',
            )}
          </Text>
          <Only permission="plugins.manage">
            <Group gap="xs">
              {open.map(({ id }) => (
                <Button
                  key={id}
                  size="xs"
                  color="orange"
                  loading={take.isPending && take.variables === id}
                  onClick={() => setWanted(id)}
                >
                  {t('Let it replace "{id}"…', { id })}
                </Button>
              ))}
            </Group>
          </Only>
        </Stack>
      </Alert>
    </>
  )
}
