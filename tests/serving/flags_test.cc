#include "serving/flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace heyhi {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Arguments = std::vector<std::string>;

// A set with one flag of each kind.
class FlagSetTest : public ::testing::Test {
 protected:
  FlagSetTest() {
    flags_.AddString("config.file", &file_, "FILE", "The configuration.");
    flags_.AddList("web.listen-address", &addresses_, "HOST:PORT", "Where to serve.");
    flags_.AddBool("demo", &demo_, "Simulate.");
    flags_.AddBool("web.lifecycle", &lifecycle_, "Allow reloads.");
  }

  // "" where the arguments are accepted.
  std::string ParseError(const Arguments& arguments) {
    return std::string(flags_.Parse(arguments).message());
  }

  std::string file_ = "heyhi.yml";
  std::vector<std::string> addresses_ = {"127.0.0.1:1", "127.0.0.1:2"};
  bool demo_ = false;
  bool lifecycle_ = true;
  FlagSet flags_{"heyhi", "Says hello."};
};

TEST_F(FlagSetTest, KeepsDefaultsWithoutArguments) {
  ASSERT_EQ(ParseError({}), "");
  EXPECT_EQ(file_, "heyhi.yml");
  EXPECT_THAT(addresses_, ElementsAre("127.0.0.1:1", "127.0.0.1:2"));
  EXPECT_FALSE(demo_);
  EXPECT_TRUE(lifecycle_);
}

struct StringForm {
  Arguments arguments;
  std::string value;
};

TEST_F(FlagSetTest, ReadsEveryFormOfAString) {
  const StringForm forms[] = {
      {{"--config.file=x"}, "x"},
      {{"--config.file", "x"}, "x"},
      {{"--config.file="}, ""},
      {{"--config.file", ""}, ""},
      {{"--config.file=a=b"}, "a=b"},
      {{"--config.file", "a=b"}, "a=b"},
      {{"--config.file=--demo"}, "--demo"},
      {{"--config.file=two words"}, "two words"},
  };
  for (const StringForm& form : forms) {
    std::string value = "unset";
    FlagSet flags("heyhi", "");
    flags.AddString("config.file", &value, "FILE", "");
    EXPECT_TRUE(flags.Parse(form.arguments).ok()) << form.arguments[0];
    EXPECT_EQ(value, form.value) << form.arguments[0];
  }
}

struct BoolForm {
  std::string argument;
  bool value;
};

TEST_F(FlagSetTest, ReadsEveryFormOfABool) {
  const BoolForm forms[] = {{"--web.lifecycle", true},
                            {"--web.lifecycle=true", true},
                            {"--web.lifecycle=false", false},
                            {"--no-web.lifecycle", false}};
  for (const BoolForm& form : forms) {
    lifecycle_ = !form.value;
    EXPECT_EQ(ParseError({form.argument}), "") << form.argument;
    EXPECT_EQ(lifecycle_, form.value) << form.argument;
  }
}

TEST_F(FlagSetTest, LeavesTheArgumentAfterABoolAlone) {
  EXPECT_EQ(ParseError({"--demo", "--config.file=x"}), "");
  EXPECT_TRUE(demo_);
  EXPECT_EQ(file_, "x");
}

TEST_F(FlagSetTest, LetsTheLastUseOfABoolWin) {
  EXPECT_EQ(ParseError({"--demo", "--no-demo"}), "");
  EXPECT_FALSE(demo_);
}

TEST_F(FlagSetTest, ReplacesAListsDefaultAtItsFirstUse) {
  EXPECT_EQ(ParseError({"--web.listen-address=:1", "--web.listen-address", ":2"}), "");
  EXPECT_THAT(addresses_, ElementsAre(":1", ":2"));
}

struct WrongArguments {
  Arguments arguments;
  std::string message;
};

class WrongArgumentsTest : public FlagSetTest,
                           public ::testing::WithParamInterface<WrongArguments> {};

TEST_P(WrongArgumentsTest, AreAnsweredWithWhatIsWrong) {
  EXPECT_EQ(ParseError(GetParam().arguments), GetParam().message);
}

const WrongArguments kWrongArguments[] = {
    {{"--config.file=x", "--config.file=y"}, "flag --config.file is given twice"},
    {{"--demo", "--config.file"}, "flag --config.file needs a value: --config.file=FILE"},
    {{"--web.listen-address"},
     "flag --web.listen-address needs a value: --web.listen-address=HOST:PORT"},
    {{"--demo=yes"}, "flag --demo: expected true or false, not \"yes\""},
    {{"--demo="}, "flag --demo: expected true or false, not \"\""},
    {{"serve"}, "unexpected argument \"serve\", try --help"},
    {{"-x"}, "unexpected argument \"-x\", try --help"},
    {{""}, "unexpected argument \"\", try --help"},
    {{"--demo", "true"}, "unexpected argument \"true\", try --help"},
    {{"--"}, "unknown flag \"--\", try --help"},
    {{"--=x"}, "unknown flag \"--\", try --help"},
    {{"--conf"}, "unknown flag \"--conf\", try --help"},
    {{"--no-config.file"}, "unknown flag \"--no-config.file\", try --help"},
    {{"--no-demo=true"}, "unknown flag \"--no-demo\", try --help"},
};

INSTANTIATE_TEST_SUITE_P(FlagSetTest, WrongArgumentsTest, ::testing::ValuesIn(kWrongArguments));

TEST_F(FlagSetTest, SuggestsTheFlagThatWasMeant) {
  EXPECT_EQ(ParseError({"--config.flie=x"}),
            "unknown flag \"--config.flie\" (did you mean \"--config.file\"?), try --help");
}

TEST_F(FlagSetTest, DoesNotRepeatTheValueOfAnUnknownFlag) {
  EXPECT_THAT(ParseError({"--api-key=secret"}), ::testing::Not(HasSubstr("secret")));
}

TEST_F(FlagSetTest, ExplainsEachFlagInTheOrderOfDeclaration) {
  EXPECT_EQ(flags_.HelpText(),
            "usage: heyhi [flags]\n"
            "\n"
            "Says hello.\n"
            "\n"
            "Flags:\n"
            "  --config.file=FILE\n"
            "        The configuration. (default: heyhi.yml)\n"
            "  --web.listen-address=HOST:PORT ...\n"
            "        Where to serve. (default: 127.0.0.1:1, 127.0.0.1:2)\n"
            "  --[no-]demo\n"
            "        Simulate.\n"
            "  --[no-]web.lifecycle\n"
            "        Allow reloads. (default: true)\n");
}

TEST_F(FlagSetTest, ShowsTheDefaultsEvenAfterParsing) {
  ASSERT_EQ(ParseError({"--config.file=other.yml"}), "");
  EXPECT_THAT(flags_.HelpText(), HasSubstr("(default: heyhi.yml)"));
}

}  // namespace
}  // namespace heyhi
