import { createTheme, type MantineColorsTuple } from '@mantine/core'

/** Only a name for Mantine to make `--mantine-color-vigie-*` from; the colours themselves are tokens.css's. */
const vigie = Array.from({ length: 10 }, () => 'var(--accent)') as unknown as MantineColorsTuple

/** Menus, choosers and tooltips are drawn at the end of the main landmark, so that who goes by landmarks meets them where they belong. */
const over = { target: '#over' }
/** Help stands under the field, so that fields beside each other stay in line. */
const helpBelow: ('label' | 'input' | 'description' | 'error')[] = ['label', 'input', 'error', 'description']

/** Nothing here that needs a style tag at run time; motion under 150 ms (design.md), the page is locked by our own class, not by an injected style. */
export const theme = createTheme({
  primaryColor: 'vigie',
  colors: { vigie },
  cursorType: 'pointer',
  respectReducedMotion: true,
  defaultRadius: 'sm',
  components: {
    Menu: {
      defaultProps: {
        portalProps: over,
        withInitialFocusPlaceholder: false,
        transitionProps: { duration: 80 },
        shadow: 'md',
        position: 'bottom-end',
        offset: 4,
      },
    },
    Popover: { defaultProps: { portalProps: over, transitionProps: { duration: 80 }, offset: 4 } },
    Tooltip: {
      defaultProps: {
        portalProps: over,
        transitionProps: { duration: 80 },
        openDelay: 350,
        multiline: true,
        events: { hover: true, focus: true, touch: true },
        offset: 6,
      },
    },
    Select: {
      defaultProps: {
        size: 'sm',
        inputWrapperOrder: helpBelow,
        checkIconPosition: 'right',
        comboboxProps: { portalProps: over, transitionProps: { duration: 80 }, offset: 4 },
        maxDropdownHeight: 280,
      },
    },
    MultiSelect: {
      defaultProps: {
        size: 'sm',
        inputWrapperOrder: helpBelow,
        comboboxProps: { portalProps: over, transitionProps: { duration: 80 }, offset: 4 },
      },
    },
    TextInput: { defaultProps: { size: 'sm', inputWrapperOrder: helpBelow } },
    PasswordInput: { defaultProps: { size: 'sm', inputWrapperOrder: helpBelow } },
    Textarea: { defaultProps: { size: 'sm', inputWrapperOrder: helpBelow } },
    TagsInput: {
      defaultProps: {
        size: 'sm',
        comboboxProps: { portalProps: over, transitionProps: { duration: 80 }, offset: 4 },
        inputWrapperOrder: helpBelow,
      },
    },
    Checkbox: { defaultProps: { size: 'xs' } },
    Radio: { defaultProps: { size: 'xs' } },
    Switch: { defaultProps: { size: 'sm' } },
    SegmentedControl: { defaultProps: { size: 'sm', transitionDuration: 100 } },
  },
})
