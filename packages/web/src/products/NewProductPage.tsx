import { customersApi } from '@vigie/domain/customers'
import { NewProduct, productsApi } from '@vigie/domain/products'
import {
  api,
  FieldGroup,
  Form,
  Link,
  load,
  Page,
  paths,
  query,
  TextField,
  useActor,
  useForm,
  useGo,
  useLoaded,
  useText,
  buttonClass,
} from '../kit/index.ts'
import { catalogue } from './catalogue.ts'
import { keepKey } from './keys.ts'
import { TypeCards } from './TypeCards.tsx'

const customer = query(customersApi.getCustomer).at((at) => ({ params: { customerId: at.params['customerId']! } }))
export const loader = load(customer, catalogue)

/** PRD-2: a type and a description; what comes next is how to connect it. */
export default function NewProductPage() {
  const say = useText()
  const go = useGo()
  const actor = useActor()
  const owner = useLoaded(customer)
  const { types } = useLoaded(catalogue)
  const form = useForm({
    initial: { typeId: types.length === 1 ? types[0]!.id : '', description: '' },
    shape: NewProduct.extend({ typeId: NewProduct.shape.typeId.min(1) }),
    submit: async (body, intent) => {
      const product = await api(productsApi.createProduct).call({ params: { customerId: owner.id }, body }, { intent })
      // The key is asked for at once, so that the next page shows the whole command; without it that page has the button.
      if (actor.can('product.issue-key'))
        await api(productsApi.issueKey)
          .call({ params: { productId: product.id } })
          .then(
            (made) => keepKey(product.id, made),
            () => {},
          )
      return product
    },
    onDone: (product) => void go(paths.connectProduct({ productId: product.id })),
  })
  return (
    <Page
      title="products.new"
      crumbs={[
        { label: 'products.crumb.customers', to: paths.customers() },
        { label: { text: owner.company }, to: paths.customer({ customerId: owner.id }) },
      ]}
      narrow
    >
      <Form
        form={form}
        action="products.new.add"
        secondary={
          <Link className={buttonClass()} to={paths.customer({ customerId: owner.id })}>
            {say('kit.cancel')}
          </Link>
        }
      >
        <TypeCards name="typeId" types={types} />
        <FieldGroup title="products.new.describe" about="products.new.describe.about">
          <TextField name="description" label="products.description" help="products.description.help" isRequired maxLength={20} />
        </FieldGroup>
      </Form>
    </Page>
  )
}
