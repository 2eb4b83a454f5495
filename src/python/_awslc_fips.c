/* The extension module `_awslc_fips`: what Python cannot ask `_ssl` or `_hashlib`, asked of the AWS-LC that is linked
   into this same object. It is linked beside them, so that AWS-LC's own functions need not be exported: another library
   in the process can neither take them over nor be taken over by them. Applications import `awslc_fips`, which says
   what the answers mean. Documentation of the functions: openssl/crypto.h and openssl/service_indicator.h of AWS-LC. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdint.h>

#include <openssl/base.h>
#include <openssl/crypto.h>
#include <openssl/service_indicator.h>

/* The first came with FIPS 4, the second is in FIPS builds only. Where AWS-LC lacks one the linker makes it null. */
extern int FIPS_is_entropy_cpu_jitter(void) __attribute__((weak));
extern int BORINGSSL_integrity_test(void) __attribute__((weak));

/* What AWS-LC found out about the CPU when it was loaded, less what the environment takes away. Hidden in its libraries: a
   static one gives it to this object, a shared one to nobody, and the linker makes it null. Without assembly it is not there. */
#if defined(__x86_64__)
#define CAPABILITY_WORDS 4
extern uint32_t OPENSSL_ia32cap_P[CAPABILITY_WORDS] __attribute__((weak));
#elif defined(__aarch64__)
#define CAPABILITY_WORDS 1
extern uint32_t OPENSSL_armcap_P __attribute__((weak));
#endif

static PyObject *
get_mode(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    return PyBool_FromLong(FIPS_mode() == 1);
}

static PyObject *
get_library_version(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    return PyUnicode_FromString(awslc_version_string());
}

static PyObject *
get_entropy_is_cpu_jitter(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    if (FIPS_is_entropy_cpu_jitter == NULL) {
        Py_RETURN_NONE;
    }
    return PyBool_FromLong(FIPS_is_entropy_cpu_jitter() == 1);
}

static PyObject *
get_indicator(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromUnsignedLongLong(FIPS_service_indicator_before_call());
}

static PyObject *
run_integrity_test(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    int passed;
    if (BORINGSSL_integrity_test == NULL) {
        Py_RETURN_NONE;
    }
    Py_BEGIN_ALLOW_THREADS
    passed = BORINGSSL_integrity_test();
    Py_END_ALLOW_THREADS
    return PyBool_FromLong(passed == 1);
}

static PyObject *
run_self_test(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    int passed;
    Py_BEGIN_ALLOW_THREADS
    passed = BORINGSSL_self_test();
    Py_END_ALLOW_THREADS
    return PyBool_FromLong(passed == 1);
}

static PyObject *
get_cpu_words(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
#if defined(CAPABILITY_WORDS)
#if defined(__x86_64__)
    const uint32_t *words = OPENSSL_ia32cap_P;
#else
    const uint32_t *words = &OPENSSL_armcap_P;
#endif
    PyObject *result;
    int index;
    if (words == NULL) {
        Py_RETURN_NONE;
    }
    result = PyTuple_New(CAPABILITY_WORDS);
    for (index = 0; result != NULL && index < CAPABILITY_WORDS; index++) {
        PyObject *word = PyLong_FromUnsignedLong(words[index]);
        if (word == NULL) {
            Py_CLEAR(result);
        }
        else {
            PyTuple_SET_ITEM(result, index, word);
        }
    }
    return result;
#else
    Py_RETURN_NONE;
#endif
}

static PyMethodDef functions[] = {
    {"mode", get_mode, METH_NOARGS, "FIPS_mode() is 1."},
    {"library_version", get_library_version, METH_NOARGS, "awslc_version_string()."},
    {"entropy_is_cpu_jitter", get_entropy_is_cpu_jitter, METH_NOARGS,
     "FIPS_is_entropy_cpu_jitter() is 1; None where AWS-LC does not say."},
    {"indicator", get_indicator, METH_NOARGS, "This thread's counter of approved services."},
    {"integrity_test", run_integrity_test, METH_NOARGS, "BORINGSSL_integrity_test() passed."},
    {"cpu_words", get_cpu_words, METH_NOARGS,
     "AWS-LC's words about this CPU; None where its library hides them or has none."},
    {"self_test", run_self_test, METH_NOARGS, "BORINGSSL_self_test() passed."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {
#ifdef Py_mod_multiple_interpreters
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_awslc_fips",
    .m_doc = "Questions to the AWS-LC of this Python; see awslc_fips.",
    .m_size = 0,
    .m_methods = functions,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit__awslc_fips(void)
{
    return PyModuleDef_Init(&definition);
}
