/* The interpreter of DWARF call frame instructions (DWARF 5 section 6.4.2, and the GNU additions). An instruction that is not known,
 * cut off, or uses what was never set ends the program: nothing is guessed behind it. */
#include "profiler/collector/cfi_program.h"

enum {
    CFA_ADVANCE_LOC = 0x40, CFA_OFFSET = 0x80, CFA_RESTORE = 0xc0, /* operand in the low six bits */
    CFA_NOP = 0x00,
    CFA_SET_LOC = 0x01,
    CFA_ADVANCE_LOC1 = 0x02,
    CFA_ADVANCE_LOC2 = 0x03,
    CFA_ADVANCE_LOC4 = 0x04,
    CFA_OFFSET_EXTENDED = 0x05,
    CFA_RESTORE_EXTENDED = 0x06,
    CFA_UNDEFINED = 0x07,
    CFA_SAME_VALUE = 0x08,
    CFA_REGISTER = 0x09,
    CFA_REMEMBER_STATE = 0x0a,
    CFA_RESTORE_STATE = 0x0b,
    CFA_DEF_CFA = 0x0c,
    CFA_DEF_CFA_REGISTER = 0x0d,
    CFA_DEF_CFA_OFFSET = 0x0e,
    CFA_DEF_CFA_EXPRESSION = 0x0f,
    CFA_EXPRESSION = 0x10,
    CFA_OFFSET_EXTENDED_SF = 0x11,
    CFA_DEF_CFA_SF = 0x12,
    CFA_DEF_CFA_OFFSET_SF = 0x13,
    CFA_VAL_OFFSET = 0x14,
    CFA_VAL_OFFSET_SF = 0x15,
    CFA_VAL_EXPRESSION = 0x16,
    CFA_GNU_ARGS_SIZE = 0x2e,
    CFA_GNU_NEGATIVE_OFFSET_EXTENDED = 0x2f,

    REMEMBERED_MAX = 16, /* compilers use 1 or 2 */
    INITIAL_BYTES_MAX = 512, /* of a CIE's program, which is run again and again; real ones have about 10 */
};
/* Offsets beyond this make no frame; the bound keeps all sums inside 64 bits. */
static const int64_t OFFSET_MAX = INT64_C(1) << 40;

struct machine {
    const struct cfi_reader *reader;
    const struct cfi_cie *cie;
    const struct cfi_state *initial; /* what the restore instructions go back to; NULL while the CIE's own program runs */
    struct dwarf_cursor program;
    struct cfi_state now;
    struct cfi_state *remembered; /* REMEMBERED_MAX of them; outside, so that clearing the machine stays cheap */
    unsigned depth;
    uint64_t location, end;
    cfi_range_fn *tell;
    void *context;
    bool bad;
};

/* The rule of DWARF register `reg`, NULL for those that nobody needs. */
static struct cfi_rule *rule_of(struct machine *machine, uint64_t reg)
{
    if (reg == machine->cie->return_register)
        return &machine->now.tracked[CFI_RETURN_ADDRESS];
    if (reg == UNWIND_RBP_NUMBER)
        return &machine->now.tracked[CFI_RBP];
    if (reg == UNWIND_RBX_NUMBER)
        return &machine->now.tracked[CFI_RBX];
    if (reg == UNWIND_RSP_NUMBER)
        return &machine->now.tracked[CFI_RSP];
    return NULL;
}

static void set_rule(struct machine *machine, uint64_t reg, struct cfi_rule value)
{
    struct cfi_rule *rule = rule_of(machine, reg);
    if (rule)
        *rule = value;
}

static void restore_rule(struct machine *machine, uint64_t reg)
{
    struct cfi_rule *rule = rule_of(machine, reg);
    if (!machine->initial)
        machine->bad = true;
    else if (rule)
        *rule = machine->initial->tracked[rule - machine->now.tracked];
}

static void move_to(struct machine *machine, uint64_t location)
{
    if (location < machine->location || !machine->tell) {
        machine->bad = true;
        return;
    }
    if (location > machine->end)
        location = machine->end;
    if (location > machine->location)
        machine->tell(machine->context, machine->location, location, &machine->now);
    machine->location = location;
}

static void advance(struct machine *machine, uint32_t units)
{
    uint64_t bytes = units * machine->cie->code_factor; /* 32 bits x 16 bits */
    if (bytes > UINT64_MAX - machine->location)
        machine->bad = true;
    else
        move_to(machine, machine->location + bytes);
}

static int64_t checked_offset(struct machine *machine, int64_t offset, int64_t factor)
{
    if (offset > OFFSET_MAX || offset < -OFFSET_MAX) {
        machine->bad = true;
        return 0;
    }
    return offset * factor; /* 40 bits x 15 bits */
}

static int64_t unsigned_offset(struct machine *machine, int64_t factor)
{
    uint64_t offset = dwarf_read_uleb(&machine->program);
    return checked_offset(machine, offset > INT64_MAX ? INT64_MAX : (int64_t)offset, factor);
}

static int64_t signed_offset(struct machine *machine)
{
    return checked_offset(machine, dwarf_read_sleb(&machine->program), machine->cie->data_factor);
}

static struct dwarf_cursor expression(struct machine *machine)
{
    uint64_t bytes = dwarf_read_uleb(&machine->program);
    const uint8_t *start = dwarf_cursor_take(&machine->program, bytes);
    return start ? dwarf_cursor_over(start, bytes) : (struct dwarf_cursor){NULL, NULL, true};
}

static void set_cfa_register(struct machine *machine, uint64_t reg)
{
    struct cfi_rule *cfa = &machine->now.cfa;
    if (cfa->kind != CFI_REGISTER)
        machine->bad = true;
    cfa->reg = reg;
}

static void set_cfa_offset(struct machine *machine, int64_t offset)
{
    struct cfi_rule *cfa = &machine->now.cfa;
    if (cfa->kind != CFI_REGISTER)
        machine->bad = true;
    cfa->offset = offset;
}

static void remember(struct machine *machine)
{
    if (machine->depth == REMEMBERED_MAX)
        machine->bad = true;
    else
        machine->remembered[machine->depth++] = machine->now;
}

static void go_back(struct machine *machine)
{
    if (machine->depth == 0)
        machine->bad = true;
    else
        machine->now = machine->remembered[--machine->depth];
}

static void set_location(struct machine *machine)
{
    struct dwarf_cursor *program = &machine->program;
    uint64_t location = cfi_read_pointer(program, machine->cie->address_encoding, cfi_address_of(machine->reader, program->pos));
    if (location > machine->end)
        machine->bad = true;
    else
        move_to(machine, location);
}

static void define_cfa(struct machine *machine, uint8_t opcode)
{
    struct cfi_rule cfa = {.kind = CFI_REGISTER, .reg = dwarf_read_uleb(&machine->program)};
    cfa.offset = opcode == CFA_DEF_CFA_SF ? signed_offset(machine) : unsigned_offset(machine, 1);
    machine->now.cfa = cfa;
}

/* Instructions that say where the caller's value of one register is. */
static void define_rule(struct machine *machine, uint8_t opcode)
{
    struct dwarf_cursor *program = &machine->program;
    uint64_t reg = dwarf_read_uleb(program);
    struct cfi_rule rule = {.kind = CFI_OFFSET};
    switch (opcode) {
    case CFA_OFFSET_EXTENDED:
        rule.offset = unsigned_offset(machine, machine->cie->data_factor);
        break;
    case CFA_OFFSET_EXTENDED_SF:
        rule.offset = signed_offset(machine);
        break;
    case CFA_GNU_NEGATIVE_OFFSET_EXTENDED:
        rule.offset = unsigned_offset(machine, -machine->cie->data_factor);
        break;
    case CFA_VAL_OFFSET:
        rule = (struct cfi_rule){.kind = CFI_VAL_OFFSET, .offset = unsigned_offset(machine, machine->cie->data_factor)};
        break;
    case CFA_VAL_OFFSET_SF:
        rule = (struct cfi_rule){.kind = CFI_VAL_OFFSET, .offset = signed_offset(machine)};
        break;
    case CFA_UNDEFINED:
        rule.kind = CFI_UNDEFINED;
        break;
    case CFA_SAME_VALUE:
        rule.kind = CFI_SAME_VALUE;
        break;
    case CFA_REGISTER:
        rule = (struct cfi_rule){.kind = CFI_REGISTER, .reg = dwarf_read_uleb(program)};
        break;
    case CFA_EXPRESSION:
        rule = (struct cfi_rule){.kind = CFI_EXPRESSION, .expression = expression(machine)};
        break;
    default:
        rule = (struct cfi_rule){.kind = CFI_VAL_EXPRESSION, .expression = expression(machine)};
        break;
    }
    set_rule(machine, reg, rule);
}

static void execute(struct machine *machine)
{
    struct dwarf_cursor *program = &machine->program;
    uint8_t opcode = dwarf_read_u8(program), low = opcode & 0x3f;
    switch (opcode & 0xc0) {
    case CFA_ADVANCE_LOC:
        advance(machine, low);
        return;
    case CFA_OFFSET:
        set_rule(machine, low, (struct cfi_rule){.kind = CFI_OFFSET, .offset = unsigned_offset(machine, machine->cie->data_factor)});
        return;
    case CFA_RESTORE:
        restore_rule(machine, low);
        return;
    default:
        break;
    }
    switch (opcode) {
    case CFA_NOP:
        break;
    case CFA_SET_LOC:
        set_location(machine);
        break;
    case CFA_ADVANCE_LOC1:
        advance(machine, dwarf_read_u8(program));
        break;
    case CFA_ADVANCE_LOC2:
        advance(machine, dwarf_read_u16(program));
        break;
    case CFA_ADVANCE_LOC4:
        advance(machine, dwarf_read_u32(program));
        break;
    case CFA_RESTORE_EXTENDED:
        restore_rule(machine, dwarf_read_uleb(program));
        break;
    case CFA_REMEMBER_STATE:
        remember(machine);
        break;
    case CFA_RESTORE_STATE:
        go_back(machine);
        break;
    case CFA_DEF_CFA:
    case CFA_DEF_CFA_SF:
        define_cfa(machine, opcode);
        break;
    case CFA_DEF_CFA_REGISTER:
        set_cfa_register(machine, dwarf_read_uleb(program));
        break;
    case CFA_DEF_CFA_OFFSET:
        set_cfa_offset(machine, unsigned_offset(machine, 1));
        break;
    case CFA_DEF_CFA_OFFSET_SF:
        set_cfa_offset(machine, signed_offset(machine));
        break;
    case CFA_DEF_CFA_EXPRESSION:
        machine->now.cfa = (struct cfi_rule){.kind = CFI_EXPRESSION, .expression = expression(machine)};
        break;
    case CFA_OFFSET_EXTENDED:
    case CFA_OFFSET_EXTENDED_SF:
    case CFA_GNU_NEGATIVE_OFFSET_EXTENDED:
    case CFA_VAL_OFFSET:
    case CFA_VAL_OFFSET_SF:
    case CFA_UNDEFINED:
    case CFA_SAME_VALUE:
    case CFA_REGISTER:
    case CFA_EXPRESSION:
    case CFA_VAL_EXPRESSION:
        define_rule(machine, opcode);
        break;
    case CFA_GNU_ARGS_SIZE:
        dwarf_read_uleb(program); /* for landing pads only */
        break;
    default:
        machine->bad = true;
    }
}

/* false when an instruction is not understood; what it was to change is then not to be used. */
static bool run(struct machine *machine)
{
    while (dwarf_cursor_left(&machine->program) > 0) {
        execute(machine);
        if (machine->bad || machine->program.failed)
            return false;
    }
    return true;
}

bool cfi_program_begin(const struct cfi_reader *reader, const struct cfi_cie *cie, struct cfi_state *ret_initial)
{
    struct cfi_state remembered[REMEMBERED_MAX];
    struct machine machine = {.reader = reader, .cie = cie, .program = cie->program, .remembered = remembered};
    if (dwarf_cursor_left(&cie->program) > INITIAL_BYTES_MAX || !run(&machine))
        return false;
    *ret_initial = machine.now;
    return true;
}

bool cfi_program_run(const struct cfi_reader *reader, const struct cfi_cie *cie, const struct cfi_fde *fde,
                     const struct cfi_state *initial, cfi_range_fn *tell, void *context, uint64_t *ret_stopped_at)
{
    struct cfi_state remembered[REMEMBERED_MAX];
    struct machine machine = {.reader = reader, .cie = cie, .initial = initial, .program = fde->program, .now = *initial,
                              .remembered = remembered, .location = fde->begin, .end = fde->end, .tell = tell, .context = context};
    bool understood = run(&machine);
    if (understood && machine.location < machine.end)
        tell(context, machine.location, machine.end, &machine.now);
    *ret_stopped_at = understood ? machine.end : machine.location;
    return understood;
}
